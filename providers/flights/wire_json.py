"""Reading a vendor's JSON, of which only what a database can keep is let in."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Never

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def read_json(body: bytes) -> Any:
    """What a body says. Raises ValueError, quoting nothing, where it is no JSON or holds what jsonb does not."""
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_read_float)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair has no encoding
    except (ValueError, RecursionError):
        raise ValueError("unreadable JSON") from None
    if _NUL.search(body):
        raise ValueError("a NUL character")
    return value


def _read_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> Never:
    raise ValueError(text)
