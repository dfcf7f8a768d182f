"""Structured logs. Only keys on the allow-list get through: what nobody listed cannot leak."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED_KEYS = frozenset(
    {
        "agent", "attempt", "booking_id", "code", "conversation_id", "count", "duration_ms", "error", "event",
        "exception", "host", "intent", "level", "logger", "method", "model", "notification_id", "payment_id", "port",
        "provider", "reason", "refund_id", "request_id", "route", "run_id", "seq", "status", "timestamp", "tool",
        "version",
    }
)  # fmt: skip

_SECRETS = re.compile(
    r"(?m:^(?:DETAIL|CONTEXT): .*$)"  # where PostgreSQL quotes the values it refuses
    r"|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"  # e-mail addresses
    r"|eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]{5,}"  # JSON web tokens
    r"|(?i:bearer)\s+\S+"
    r"|\b(?:\d[ -]?){13,19}\b"  # card numbers
    r"|\b[A-Z]{1,2}\d{7,8}\b"  # passports
)


def keep_allowed_keys(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key in ALLOWED_KEYS}


def scrub_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A second net under the allow-list, for values that carry a secret in an allowed key (a traceback, say)."""
    return {key: _SECRETS.sub("[removed]", value) if isinstance(value, str) else value for key, value in event.items()}


def configure_logging(level: str) -> None:
    """One JSON line an event on standard error; a terminal gets colours."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            keep_allowed_keys,
            scrub_values,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
