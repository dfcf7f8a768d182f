"""How a widget on a foreign page gets its user: our own page gives it a code, which it trades for a token.

No refresh token leaves our origin. The token it gets lives a quarter of an hour and reaches the chat and the user's own
bookings, not the account or its documents.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE, Actor, Keys, new_token
from db.models import ExchangeCode, User
from db.repositories.accounts import ExchangeCodeRepository, SessionRepository, UserRepository
from db.repositories.conversations import ConversationRepository
from db.session import Transactions
from services.accounts import audit
from services.accounts.clients import OriginNotAllowed, find_site
from services.accounts.errors import CodeInvalid
from services.accounts.tokens import make_access_token
from services.conversations.errors import ConversationNotFound

CODE_LIFE = timedelta(seconds=60)
WIDGET_SCOPES = frozenset({CHAT_SCOPE, BOOKINGS_SCOPE})


async def make_code(
    session: AsyncSession,
    actor: Actor,
    *,
    conversation_id: UUID,
    site_key: str | None,
    origin: str,
    own_origin: str,
    keys: Keys,
) -> str:
    """A code for the widget of this conversation on a page of that origin: the site's, or without a key our own.

    `own_origin` is where the asking page stands: only ours holds a token that may ask.
    Raises SiteKeyUnknown, OriginNotAllowed and ConversationNotFound.
    """
    actor.require_user()
    site = await find_site(session, keys, site_key, origin) if site_key is not None else None
    if site is None and origin != own_origin:
        raise OriginNotAllowed
    code = new_token()
    session.add(
        ExchangeCode(
            code_hash=keys.hash_secret("exchange-code", code),
            session_id=actor.session_id,
            client_id=site.id if site else None,
            origin=origin,
            conversation_id=conversation_id,
            expires_at=clock.now() + CODE_LIFE,
        )
    )
    try:
        await session.flush()
    except IntegrityError as error:
        raise ConversationNotFound from error
    return code


async def redeem_code(
    transactions: Transactions, actor: Actor, *, code: str, conversation_id: UUID, origin: str, keys: Keys
) -> tuple[User, str]:
    """The user and an access token for the widget, where the code was meant for; shown anywhere, it is used up.

    The conversation must be the user's, or an anonymous one whose token the widget shows. Raises CodeInvalid.
    """
    async with transactions() as session:
        found = await ExchangeCodeRepository(session).take(keys.hash_secret("exchange-code", code), now=clock.now())
        place = (conversation_id, origin, actor.client_id)
        is_meant = found is not None and (found.conversation_id, found.origin, found.client_id) == place
        user = await _find_user(session, actor, found) if found is not None and is_meant else None
        if found is not None and user is not None:
            audit.record(session, "token.exchanged", user_id=user.id, actor=actor)
            return user, make_access_token(keys, user_id=user.id, session_id=found.session_id, scopes=WIDGET_SCOPES)
    raise CodeInvalid  # outside: the code stays used


async def _find_user(session: AsyncSession, actor: Actor, code: ExchangeCode) -> User | None:
    """Whose session the code came of, if it still holds and the conversation is theirs or the caller's."""
    owner = await SessionRepository(session).find(code.session_id)
    user = await UserRepository(session).find(owner.user_id) if owner else None
    if owner is None or owner.revoked_at is not None or user is None or not user.is_active:
        return None
    conversations = ConversationRepository(session)
    for reader in (actor, Actor(user_id=user.id)):
        if await conversations.find_readable(reader, code.conversation_id):
            return user
    return None
