"""Chance that repeats: the same seed and name give the same number in every process, on every machine."""

from __future__ import annotations

from hashlib import blake2b

_DIGEST_BYTES = 6
_SPAN = float(1 << 8 * _DIGEST_BYTES)


class Dice:
    """A source of numbers by name; there is no state, so the order of asking does not matter."""

    def __init__(self, seed: str) -> None:
        self._key = blake2b(seed.encode(), digest_size=32).digest()

    def roll(self, *name: object) -> float:
        """A number from 0 up to but not including 1."""
        text = "|".join(map(str, name))
        digest = blake2b(text.encode(), key=self._key, digest_size=_DIGEST_BYTES).digest()
        return int.from_bytes(digest, "big") / _SPAN
