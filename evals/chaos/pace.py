"""How fast a run lives."""

from __future__ import annotations

LEASE_SECONDS = 4
"""Of every claim, in place of a minute or two."""
STALL_SECONDS = (5.0, 8.0)
"""Longer than a lease, shorter than the time after which a purchase nobody sees counts as never made."""
