"""Cards about the caller's own things rather than a trip: their calendar, preferences, papers and address."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.messages import Language
from core.security import BOOKINGS_SCOPE, Actor, Keys
from db.models import IdentityDocument, Proposal
from db.models.proposals import AccountAction
from db.repositories.accounts import UserRepository
from db.repositories.passengers import PassengerRepository
from domain.contacts import mask_email, normalise_email
from services.accounts.errors import EmailTaken
from services.accounts.sessions import get_account, require_fresh_sign_in
from services.bookings.reading import get_booking
from services.calendar.events import ensure_addable
from services.conversations.vault import resolve
from services.passengers import live_bookings
from services.passengers.address_book import find_own
from services.passengers.errors import DocumentNotFound, PassengerFixed
from services.preferences.kinds import PreferenceKind, PreferenceValue
from services.proposals import quotes
from services.proposals.errors import AddressUnclear
from services.proposals.proposing import ConsentParts, Place, ask
from services.proposals.quotes import Quote
from understanding.pii import PLACEHOLDER

CARD_LIFE = timedelta(minutes=30)
"""Of what no offer ends."""


async def propose_calendar_entry(
    parts: ConsentParts,
    actor: Actor,
    *,
    booking_id: UUID,
    language: Language,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to add a booking to the caller's calendar, written in `language`.

    Raises BookingNotFound, CalendarNotConfigured, CalendarNotConnected, BookingNotForCalendar, AlreadyInCalendar.
    """
    user_id = actor.require_user(BOOKINGS_SCOPE)
    calendar = parts.calendar_parts.require_calendar()
    async with parts.transactions() as session:
        await get_account(session, user_id, for_update=True)
        await ensure_addable(session, actor, booking_id)
        detail = await get_booking(session, actor, booking_id)
        proposal_id, expires_at = new_id(), clock.now() + CARD_LIFE
        quote = quotes.quote_calendar_entry(
            proposal_id=proposal_id,
            user_id=user_id,
            booking_id=booking_id,
            slices=detail.slices,
            language=language,
            simulated=calendar.is_simulated,
            expires_at=expires_at,
        )
        return await _ask(session, user_id, "calendar", booking_id, quote, Place(conversation_id, tool_call_id))


async def propose_preference(
    parts: ConsentParts,
    actor: Actor,
    *,
    kind: PreferenceKind,
    value: PreferenceValue | None,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to remember how the caller likes to fly, as `read_value` reads it, or with None to forget it."""
    user_id = actor.require_user()
    async with parts.transactions() as session:
        await get_account(session, user_id, for_update=True)
        proposal_id, expires_at = new_id(), clock.now() + CARD_LIFE
        quote = quotes.quote_preference(
            proposal_id=proposal_id, user_id=user_id, kind=kind, value=value, expires_at=expires_at
        )
        return await _ask(session, user_id, "remember", user_id, quote, Place(conversation_id, tool_call_id))


async def propose_document_deletion(
    parts: ConsentParts,
    actor: Actor,
    *,
    passenger_id: UUID,
    document_id: UUID,
    conversation_id: UUID | None = None,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to delete a document of a traveller of the caller's; raises what `find_deletable` does."""
    user_id = actor.require_user()
    async with parts.transactions() as session:
        await get_account(session, user_id, for_update=True)
        document = await find_deletable(session, actor, passenger_id=passenger_id, document_id=document_id)
        proposal_id, expires_at = new_id(), clock.now() + CARD_LIFE
        quote = quotes.quote_document_deletion(
            proposal_id=proposal_id, user_id=user_id, document=document, expires_at=expires_at
        )
        place = Place(conversation_id, tool_call_id)
        return await _ask(session, user_id, "forget_document", document_id, quote, place)


async def propose_email_change(
    parts: ConsentParts,
    actor: Actor,
    *,
    placeholder: str,
    language: Language,
    conversation_id: UUID,
    tool_call_id: str | None = None,
) -> Proposal:
    """Ask whether to write to a new address, which stands in the conversation under `placeholder`, for its
    confirmation; the letter is in `language`.

    Raises SignInAgain, EmailTaken, AddressUnclear, and what keeps a placeholder from being read.
    """
    async with parts.transactions() as session:
        user_id = await require_fresh_sign_in(session, actor)
        await get_account(session, user_id, for_update=True)
        address = await find_address(session, parts.keys, actor, conversation_id, placeholder)
        holder = await UserRepository(session).find_by_email(address)
        if holder is not None and holder.id != user_id:
            raise EmailTaken
        proposal_id, expires_at = new_id(), clock.now() + CARD_LIFE
        quote = quotes.quote_email_change(
            proposal_id=proposal_id,
            user_id=user_id,
            placeholder=placeholder,
            address_hash=hash_address(parts.keys, address),
            masked_address=mask_email(address),
            language=language,
            expires_at=expires_at,
        )
        return await _ask(session, user_id, "change_email", user_id, quote, Place(conversation_id, tool_call_id))


async def find_deletable(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, document_id: UUID, for_update: bool = False
) -> IdentityDocument:
    """A document that may go; raises PassengerNotFound, DocumentNotFound, and PassengerFixed for somebody booked."""
    await find_own(session, actor, passenger_id, for_update=for_update)
    found = await PassengerRepository(session).list_documents([passenger_id])
    document = next((each for each in found.get(passenger_id, []) if each.id == document_id), None)
    if document is None:
        raise DocumentNotFound
    if await live_bookings.has_live_booking(session, passenger_id):
        raise PassengerFixed
    return document


async def find_address(
    session: AsyncSession, keys: Keys, actor: Actor, conversation_id: UUID | None, placeholder: str
) -> str:
    """The address a placeholder stands for in a conversation of the caller's; raises AddressUnclear."""
    # what was not said by its owner is no address of theirs: a model, or a page it read, may have written it
    if PLACEHOLDER.fullmatch(placeholder) is None or conversation_id is None:
        raise AddressUnclear
    try:
        return normalise_email(await resolve(session, keys, actor, conversation_id, placeholder))
    except ValueError as error:
        raise AddressUnclear from error


def hash_address(keys: Keys, address: str) -> str:
    """In hex; nothing that could be tried without the key."""
    return keys.hash_secret("new-email-address", address).hex()


async def _ask(
    session: AsyncSession, user_id: UUID, action: AccountAction, subject_id: UUID, quote: Quote, place: Place
) -> Proposal:
    card = (UUID(quote["proposal_id"]), quote, datetime.fromisoformat(quote["expires_at"]))
    (proposal,) = await ask(session, user_id, action, subject_id, [card], place)
    return proposal
