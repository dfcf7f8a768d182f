"""What a turn, and a traveller in a day, may ask of models that cost money.

Tokens of a day are counted in a window of 24 hours that opens with the first, in the database, for all processes
together: a user's under their id, an anonymous visitor's under the address they come from. Turns that run at the same
time see the same rest, so that each may go over it by what a turn may take.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from limits.errors import StorageError

from core.security import Actor, Keys
from core.settings import Settings
from db.repositories.rate_limits import RateLimitStorage
from db.session import Transactions
from providers.llm.base import Budget
from services.rate_limits import hash_caller

log = structlog.get_logger()

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Calls, tokens and seconds of a turn; tokens of a day, for a user and for an address of anonymous visitors."""

    run_calls: int
    run_tokens: int
    run_seconds: float
    user_tokens: int
    address_tokens: int

    def open_budget(self) -> Budget:
        """Of one turn; the day is not looked at yet."""
        return Budget(self.run_calls, self.run_tokens, self.run_seconds)


def read_limits(settings: Settings) -> ModelLimits:
    return ModelLimits(
        run_calls=settings.model_run_calls,
        run_tokens=settings.model_run_tokens,
        run_seconds=settings.model_run_seconds,
        user_tokens=settings.model_day_tokens_per_user,
        address_tokens=settings.model_day_tokens_per_address,
    )


async def find_tokens_left(
    transactions: Transactions, keys: Keys, limits: ModelLimits, actor: Actor, *, client_address: str
) -> int | None:
    """What a traveller may still use today, zero or less when it is spent; None when the database cannot tell."""
    allowed = limits.address_tokens if actor.user_id is None else limits.user_tokens
    try:
        return allowed - await RateLimitStorage(transactions).get(_key(keys, actor, client_address))
    except StorageError as error:
        log.warning("model_usage.uncounted", error=type(error.storage_error).__name__)
        return None


async def count_tokens(
    transactions: Transactions, keys: Keys, actor: Actor, *, client_address: str, tokens: int
) -> None:
    """Add what a turn used to its traveller's day."""
    if not tokens:
        return
    try:
        await RateLimitStorage(transactions).incr(_key(keys, actor, client_address), DAY_SECONDS, amount=tokens)
    except StorageError as error:
        log.warning("model_usage.uncounted", error=type(error.storage_error).__name__)


def _key(keys: Keys, actor: Actor, client_address: str) -> str:
    caller = client_address if actor.user_id is None else str(actor.user_id)
    return f"model-tokens/{hash_caller(keys, caller)}"
