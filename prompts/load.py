"""Reads the prompts: constant text. What changes per turn comes after it, so that a provider's cache holds."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def load_prompt(name: str) -> str:
    """The text of a prompt file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@cache
def hash_prompt(name: str) -> str:
    """Which version of a prompt an answer was made with."""
    return hashlib.sha256(load_prompt(name).encode()).hexdigest()[:12]
