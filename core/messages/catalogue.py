"""The sentences we say, in both languages, by key."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def load_catalogue(language: Language) -> dict[str, str]:
    """Every sentence of a language by its dotted key."""
    sentences: dict[str, str] = json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))
    return sentences


def say(key: str, language: Language, **params: object) -> str:
    """The sentence for a key, filled. Where a `count` is given, `<key>.one` serves for 1 if it exists."""
    catalogue = load_catalogue(language)
    if params.get("count") == 1 and f"{key}.one" in catalogue:
        key = f"{key}.one"
    return catalogue[key].format(**params)


def find_key(language: Language, *keys: str) -> str | None:
    """The first of some keys that has a sentence."""
    return next((key for key in keys if key in load_catalogue(language)), None)


def choose_language(accept_language: str | None) -> Language:
    """The first of our languages in an Accept-Language header; English when it names neither."""
    for entry in (accept_language or "").split(","):
        tag = entry.split(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return "en"
