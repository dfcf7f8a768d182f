"""Somebody with a calendar, papers, a fresh sign-in and a conversation, who is asked about their own things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core.ids import new_id
from core.security import Actor
from db.models import (
    CalendarEvent,
    Conversation,
    ConversationMessage,
    IdentityDocument,
    NotificationLog,
    Proposal,
    UserPreference,
    UserSession,
)
from db.models.proposals import AccountAction
from services.conversations.vault import put_away
from services.passengers.documents import add_document
from services.proposals.approval import Approved, approve, decline
from services.proposals.personal import (
    propose_calendar_entry,
    propose_document_deletion,
    propose_email_change,
    propose_preference,
)
from tests.conftest import NOW
from tests.support.calendars import Diary
from tests.support.consent import Buyer

NEW_ADDRESS = "lan.moi@example.com"
NUMBER = "K8801234"


class Person(Buyer):
    diary: Diary
    session_id: UUID
    conversation_id: UUID
    document_id: UUID
    trip_id: UUID

    async def move_in(self) -> None:
        await super().move_in()
        self.diary = Diary(self.transactions, self.keys)
        self.diary.trips = self
        await self.diary.connect()
        self.consent = replace(self.consent, calendar=self.diary.google)
        self.session_id, self.conversation_id = new_id(), new_id()
        async with self.transactions() as session:
            session.add(UserSession(id=self.session_id, user_id=self.user_id, expires_at=NOW.replace(year=2027)))
            session.add(
                Conversation(
                    id=self.conversation_id,
                    user_id=self.user_id,
                    channel="web",
                    time_zone="UTC",
                    state={},
                    context={},
                )
            )
        self.document_id = await self.enter_document(NUMBER)
        self.trip_id = await self.add("ticketed")
        await self.write(f"Đổi e-mail của mình sang {NEW_ADDRESS} nhé")

    @property
    def actor(self) -> Actor:
        return replace(super().actor, session_id=getattr(self, "session_id", None))

    async def enter_document(self, number: str) -> UUID:
        fields: dict[str, Any] = {"kind": "passport", "number": number, "expires_on": date(2031, 1, 9)}
        async with self.transactions() as session:
            made = await add_document(
                session,
                self.actor,
                passenger_id=self.passenger_id,
                fields=fields | {"is_primary": False, "issuing_country": "VN"},
                keys=self.keys,
                today=NOW.date(),
            )
        return made.id

    async def write(self, text: str) -> UUID:
        """Say something in the conversation; the id of the message."""
        message_id = new_id()
        async with self.transactions() as session:
            content = await put_away(session, self.keys, self.conversation_id, text)
            session.add(
                ConversationMessage(
                    id=message_id, conversation_id=self.conversation_id, role="user", content=content, metadata_={}
                )
            )
        return message_id

    async def ask(self, action: AccountAction, **place: Any) -> Proposal:
        return await CASES[action].ask(self, {"conversation_id": self.conversation_id} | place)

    async def say_yes(self, proposal: Proposal, **changes: Any) -> Approved:
        answer: dict[str, Any] = {"quote_hash": proposal.quote_hash, "channel": "card"} | changes
        actor = answer.pop("actor", self.actor)
        return await approve(self.consent, actor, proposal_id=proposal.id, **answer)

    async def say_no(self, proposal: Proposal, **changes: Any) -> None:
        async with self.transactions() as session:
            await decline(session, self.actor, proposal_id=proposal.id, channel="card", **changes)

    async def count_effects(self) -> int:
        """Everything that must not happen without a yes, and has."""
        return sum([await case.count(self) for case in CASES.values()])

    async def count(self, *where: Any, of: Any) -> int:
        async with self.transactions() as session:
            return await session.scalar(select(func.count()).select_from(of).where(*where)) or 0


@dataclass(frozen=True)
class Case:
    ask: Callable[[Person, dict[str, Any]], Awaitable[Proposal]]
    count: Callable[[Person], Awaitable[int]]
    """Of its effects so far."""


async def _ask_calendar(who: Person, place: dict[str, Any]) -> Proposal:
    return await propose_calendar_entry(who.consent, who.actor, booking_id=who.trip_id, language="vi", **place)


async def _ask_preference(who: Person, place: dict[str, Any]) -> Proposal:
    return await propose_preference(who.consent, who.actor, kind="seat", value="window", **place)


async def _ask_document(who: Person, place: dict[str, Any]) -> Proposal:
    return await propose_document_deletion(
        who.consent, who.actor, passenger_id=who.passenger_id, document_id=who.document_id, **place
    )


async def _ask_email(who: Person, place: dict[str, Any]) -> Proposal:
    return await propose_email_change(who.consent, who.actor, placeholder="[email-1]", language="vi", **place)


async def _count_events(who: Person) -> int:
    return await who.count(CalendarEvent.user_id == who.user_id, of=CalendarEvent)


async def _count_preferences(who: Person) -> int:
    return await who.count(UserPreference.user_id == who.user_id, of=UserPreference)


async def _count_deletions(who: Person) -> int:
    return 1 - await who.count(IdentityDocument.id == who.document_id, of=IdentityDocument)


async def _count_letters(who: Person) -> int:
    letters = (NotificationLog.user_id == who.user_id, NotificationLog.type == "verify_email")
    return await who.count(*letters, of=NotificationLog)


CASES: Mapping[AccountAction, Case] = {
    "calendar": Case(_ask_calendar, _count_events),
    "remember": Case(_ask_preference, _count_preferences),
    "forget_document": Case(_ask_document, _count_deletions),
    "change_email": Case(_ask_email, _count_letters),
}
