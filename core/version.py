"""Which code is running."""

from __future__ import annotations

from importlib.metadata import version

CODE_VERSION = version("travel-assistant")
