"""How the offline model puts things: ways of saying a sentence that do not repeat, and lists in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.messages import Language, say
from core.messages.catalogue import load_catalogue

Facts = dict[str, Any]


def say_varied(key: str, facts: Facts, language: Language, **params: object) -> str:
    """One of the ways a sentence can be put that was not just used."""
    ways = list(put(key, language, **params))
    first = facts["turn"] % len(ways)
    turned = ways[first:] + ways[:first]
    return next((way for way in turned if way not in facts["before"]), turned[0])


def put(key: str, language: Language, **params: object) -> Iterator[str]:
    """The ways a sentence can be put: `key`, `key.2`, `key.3` and so on."""
    way, count = key, 1
    while count == 1 or way in load_catalogue(language):
        yield say(way, language, **params)
        count += 1
        way = f"{key}.{count}"


def join_or(items: list[str], language: Language) -> str:
    *head, last = items
    return say("replies.or", language).join([", ".join(head), last]) if head else last
