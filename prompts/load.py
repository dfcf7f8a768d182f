"""Reads the prompts: constant text. What changes per turn comes after it, so that a provider's cache holds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent
_SECTION = re.compile(r"^## (\w\w): (.+)\n", re.MULTILINE)


class PolicySection(NamedTuple):
    """What we say on a topic, in one language."""

    title: str
    text: str


@cache
def load_prompt(name: str) -> str:
    """The text of a prompt file of this folder."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def hash_prompt(name: str) -> str:
    """Which version of a prompt an answer was made with."""
    return hashlib.sha256(load_prompt(name).encode()).hexdigest()[:12]


@cache
def load_policies() -> Mapping[str, Mapping[str, PolicySection]]:
    """Every policy by topic and language, as `policy/<topic>.md` has them."""
    return {path.stem: _read_sections(path.read_text(encoding="utf-8")) for path in _FOLDER.glob("policy/*.md")}


def _read_sections(text: str) -> Mapping[str, PolicySection]:
    _, *parts = _SECTION.split(text)
    return {
        language: PolicySection(title, body.strip())
        for language, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }
