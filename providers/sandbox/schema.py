"""The tables of the simulated world, which `migrate` makes in a schema of their own."""

from __future__ import annotations

from providers.sandbox.gateway import GATEWAY_DDL
from providers.sandbox.google_calendar import CALENDAR_DDL
from providers.sandbox.identity import IDENTITY_DDL
from providers.sandbox.orders import ORDERS_DDL
from providers.sandbox.outbox import OUTBOX_DDL

SANDBOX_DDL = (*OUTBOX_DDL, *IDENTITY_DDL, *ORDERS_DDL, *GATEWAY_DDL, *CALENDAR_DDL)
"""Statements that may run again on a database that has them."""
