"""How often is often enough.

Calls are counted in fixed windows, in the database, for all processes together. A person at a keyboard meets none of
these limits; whoever guesses, floods or mails strangers does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from core.clock import clock
from core.errors import Overloaded, RateLimited
from core.security import Keys
from db.repositories.rate_limits import RateLimitStorage
from db.session import Transactions

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted together.

    `per_caller` is for one user, conversation or mailbox; `per_address` for one IP address, behind which a whole office
    or a mobile carrier may sit.
    """

    name: str
    per_caller: int
    per_address: int | None = None
    window: type[RateLimitItem] = RateLimitItemPerMinute
    is_guarding: bool = False
    """Whether it stands before a secret: then what cannot be counted is refused."""


SIGN_IN = Bucket("sign-in", per_caller=10, per_address=100, is_guarding=True)
"""Guesses at one account from one address, and at any. A password is also slow to verify."""
RENEWAL = Bucket("renewal", per_caller=1200, per_address=1200, is_guarding=True)
"""Tokens and codes of 256 bits, which nobody guesses; every page of ours asks once when it opens."""
CODES = Bucket("codes", per_caller=20, per_address=200, window=RateLimitItemPerHour, is_guarding=True)
"""A code has six digits and five tries: four codes' worth of guesses an hour."""
MAIL = Bucket("mail", per_caller=10, per_address=200, window=RateLimitItemPerHour, is_guarding=True)
"""Unasked-for letters to one mailbox, whoever asks for them."""
OPENING = Bucket("opening", per_caller=60, per_address=300)
"""New conversations are rows that nobody may ever look at again."""
CHAT = Bucket("chat", per_caller=90, per_address=600)
"""A message costs model calls. Nobody types one a second, and a conversation answers one at a time."""
SUPPORT = Bucket("support", per_caller=5, per_address=20, window=RateLimitItemPerHour)
"""Each is work for a person."""
STREAM = Bucket("stream", per_caller=120, per_address=1200)
"""A client that takes up its stream twice a second is broken; one on a bad train is not."""
SEARCH = Bucket("search", per_caller=60)
"""Providers meter searches. Counted where they are asked: an answer from the cache is free."""
CALENDAR = Bucket("calendar", per_caller=10, per_address=60)
"""Each is up to 31 searches, a few at a time."""
ACCOUNT = Bucket("account", per_caller=300, per_address=600)
"""Rows of one's own: cheap, but not for a loop without end."""


def hash_caller(keys: Keys, text: str) -> str:
    """Who or where is counted, such as a user's id, an address or a mailbox, in a form that does not tell which."""
    return keys.hash_secret("rate-limit", text).hex()


async def count_call(
    transactions: Transactions, bucket: Bucket, *, caller: str | None = None, address: str | None = None
) -> None:
    """Count a call under the caller's key, the address's, or both, one statement each.

    Raises RateLimited; and Overloaded when a guarding bucket cannot be counted, where others let the call pass.
    """
    if caller is not None:
        await _count(transactions, bucket, bucket.window(bucket.per_caller, namespace=bucket.name), caller)
    if address is not None and bucket.per_address is not None:
        limit = bucket.window(bucket.per_address, namespace=f"{bucket.name}-address")
        await _count(transactions, bucket, limit, address)


async def _count(transactions: Transactions, bucket: Bucket, limit: RateLimitItem, key: str) -> None:
    storage = RateLimitStorage(transactions)
    try:
        if await FixedWindowRateLimiter(storage).hit(limit, key):
            return
        ends_at = await storage.get_expiry(limit.key_for(key))
    except StorageError as error:
        log.warning("rate_limit.uncounted", reason=bucket.name, error=type(error.storage_error).__name__)
        if bucket.is_guarding:
            raise Overloaded from error
        return
    raise RateLimited(max(1, math.ceil(ends_at - clock.now().timestamp())))
