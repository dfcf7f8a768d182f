"""Where pages come from: origins as browsers send them, and which of them are this machine's."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9._:-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalise_origin(text: str) -> str:
    """An origin as browsers send it; raises ValueError for anything more or less than scheme, host and port."""
    origin = text.lower()
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port  # raises where it is not a number
    is_whole = origin == f"{parts.scheme}://{parts.netloc}" and _HOST.fullmatch(host) and "@" not in parts.netloc
    if not is_whole or parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("should be a scheme and a host, such as https://shop.example")
    shown = f"[{host}]" if ":" in host else host
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" if is_default else f"{parts.scheme}://{shown}:{port}"


def ensure_private(origin: str) -> None:
    """Refuse an origin whose traffic others can read: plain http is for this machine only; raises ValueError."""
    parts = urlsplit(origin)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("should begin with https://, unless it is of this machine")


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_local_name(host: str) -> bool:
    """Whether a page of the open web cannot carry this name, to have a browser here read ours as its own."""
    return is_loopback(host) or ("." not in host and ":" not in host)
