"""A yes to what concerns the caller's calendar, preferences, papers and address: one, to exactly this, done once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import AppError, Forbidden, RateLimited
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE, Actor
from core.settings import Settings
from db.models import Conversation, IdentityDocument, NotificationLog, Proposal, User, UserPreference
from db.models.proposals import AccountAction
from db.repositories.calendar import CalendarConnectionRepository
from db.repositories.proposals import ProposalRepository
from db.session import Transactions
from services.accounts.errors import EmailTaken, SignInAgain
from services.bookings.errors import BookingNotFound
from services.calendar.errors import (
    AlreadyInCalendar,
    BookingNotForCalendar,
    CalendarNotConfigured,
    CalendarNotConnected,
)
from services.conversations.errors import ConversationNotFound, PlaceholderUnknown
from services.passengers.errors import DocumentNotFound, PassengerFixed, PassengerNotFound
from services.preferences.kinds import PreferenceUnclear, read_value
from services.preferences.preferences import find_preference
from services.proposals import effects, proposing
from services.proposals.approval import withdraw_cards
from services.proposals.errors import (
    AddressUnclear,
    ProposalClosed,
    ProposalExpired,
    ProposalNotFound,
    QuoteMismatch,
    TermsChanged,
)
from services.proposals.personal import (
    CARD_LIFE,
    propose_calendar_entry,
    propose_document_deletion,
    propose_email_change,
    propose_preference,
)
from services.proposals.proposing import propose_cancellation
from services.rate_limits import MAIL, count_call, hash_caller
from tests.conftest import NOW
from tests.support.consent import StockedAirline, sell
from tests.support.offers import make_slice
from tests.support.personal import CASES, NEW_ADDRESS, NUMBER, Person

ACTIONS: tuple[AccountAction, ...] = get_args(AccountAction)
every_action = pytest.mark.parametrize("action", ACTIONS)


@pytest.fixture
async def person(transactions: Transactions, settings: Settings) -> Person:
    made = Person(transactions, settings.keys, StockedAirline(sell()))
    await made.move_in()
    return made


async def ask_and_agree(person: Person, action: AccountAction) -> None:
    proposal = await person.ask(action)
    assert proposal.expires_at == NOW + CARD_LIFE
    assert await person.count_effects() == 0, "it was done before the yes"
    approved = await person.say_yes(proposal)
    assert (approved.action, approved.subject_id, approved.booking_id) == (action, proposal.subject_id, None)
    assert await CASES[action].count(person) == await person.count_effects() == 1
    assert await person.say_yes(proposal) == approved
    assert await person.count_effects() == 1


@every_action
async def test_it_is_done_once_upon_a_yes_and_never_before(person: Person, action: AccountAction) -> None:
    await ask_and_agree(person, action)


@every_action
async def test_doing_it_when_it_is_proposed_would_be_noticed(
    person: Person, action: AccountAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: asking is doing."""

    async def ask_and_do(session: AsyncSession, *args: Any) -> list[Proposal]:
        proposals = await proposing.ask(session, *args)
        await effects.execute(session, person.consent, person.actor, proposals[0], booking_id=None, agreed=None)
        return proposals

    monkeypatch.setattr("services.proposals.personal.ask", ask_and_do)
    with pytest.raises(AssertionError, match="before the yes"):
        await ask_and_agree(person, action)


async def agree_ten_times(person: Person, action: AccountAction, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal, done, execute = await person.ask(action), [], effects.execute

    async def execute_and_count(session: AsyncSession, *args: Any, **kwargs: Any) -> None:
        await execute(session, *args, **kwargs)
        done.append(proposal.id)

    monkeypatch.setattr(effects, "execute", execute_and_count)
    ends = await asyncio.gather(*(person.say_yes(proposal) for _ in range(10)), return_exceptions=True)
    assert len({str(end) for end in ends}) == 1, ends
    assert done == [proposal.id]
    assert await person.count_effects() == 1


@every_action
async def test_ten_at_once_are_one(person: Person, action: AccountAction, monkeypatch: pytest.MonkeyPatch) -> None:
    await agree_ten_times(person, action, monkeypatch)


@every_action
async def test_without_single_use_ten_at_once_would_be_noticed(
    person: Person, action: AccountAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: a card that was answered may be answered again."""

    async def close_anyway(self: ProposalRepository, proposal_id: UUID, status: str, **values: Any) -> bool:
        values.pop("now")
        await self._session.execute(update(Proposal).where(Proposal.id == proposal_id).values(status=status, **values))
        return True

    monkeypatch.setattr(ProposalRepository, "close", close_anyway)
    with pytest.raises(AssertionError):
        await agree_ten_times(person, action, monkeypatch)


@every_action
async def test_no_answer_but_the_owners_timely_yes_to_exactly_this_counts(
    person: Person, action: AccountAction
) -> None:
    proposal = await person.ask(action)
    stranger = Actor(kind="user", user_id=new_id(), scopes=person.actor.scopes)
    with pytest.raises(ProposalNotFound):
        await person.say_yes(proposal, actor=stranger)
    with pytest.raises(QuoteMismatch):
        await person.say_yes(proposal, quote_hash="0" * 64)
    with clock.frozen(NOW + CARD_LIFE), pytest.raises(ProposalExpired):
        await person.say_yes(proposal)
    with pytest.raises(ProposalClosed):
        await person.say_yes(proposal)
    declined = await person.ask(action)
    await person.say_no(declined)
    with pytest.raises(ProposalClosed) as closed:
        await person.say_yes(declined)
    assert closed.value.extra["status"] == "declined"
    assert await person.count_effects() == 0


@every_action
async def test_a_page_of_another_origin_reaches_the_calendar_only(person: Person, action: AccountAction) -> None:
    proposal = await person.ask(action)
    widget = replace(person.actor, scopes=frozenset({CHAT_SCOPE, BOOKINGS_SCOPE}))
    if action == "calendar":
        await person.say_yes(proposal, actor=widget)
        return
    with pytest.raises(Forbidden):
        await person.say_yes(proposal, actor=widget)
    assert await person.count_effects() == 0
    assert (await person.read_card(proposal.id)).status == "open", "it may be answered where it is allowed"


@every_action
async def test_a_quote_tells_no_number_and_no_address(person: Person, action: AccountAction) -> None:
    text = str((await person.ask(action)).quote)
    assert NUMBER not in text
    assert NUMBER[-4:] not in text
    assert NEW_ADDRESS not in text
    assert "2031-01-09" not in text


# one card in a conversation


async def open_ids(person: Person) -> list[UUID]:
    async with person.transactions() as session:
        waiting = (Proposal.conversation_id == person.conversation_id) & (Proposal.status == "open")
        return list(await session.scalars(select(Proposal.id).where(waiting)))


async def test_there_is_one_open_card_in_a_conversation(person: Person) -> None:
    elsewhere = await person.propose()
    shown = [await person.ask(action) for action in ACTIONS]
    assert await open_ids(person) == [shown[-1].id]
    assert (await person.read_card(elsewhere.id)).status == "open"
    for older in shown[:-1]:
        with pytest.raises(ProposalClosed):
            await person.say_yes(older)
    assert await person.count_effects() == 0


async def test_cards_asked_for_at_once_leave_one_open(person: Person) -> None:
    await asyncio.gather(*(person.ask(action) for action in ACTIONS * 2))
    assert len(await open_ids(person)) == 1


async def test_the_database_itself_keeps_a_second_card_closed(person: Person) -> None:
    first = await person.ask("remember")
    copy = {"user_id": person.user_id, "action": "remember", "subject_id": person.user_id, "quote": {}}
    with pytest.raises(IntegrityError, match="uq_proposals_open_conversation_id"):
        async with person.transactions() as session:
            session.add(
                Proposal(**copy, conversation_id=first.conversation_id, quote_hash="", expires_at=NOW + CARD_LIFE)
            )


async def test_cards_are_withdrawn_by_their_owner_only(person: Person) -> None:
    proposal = await person.ask("remember")
    stranger = Actor(kind="user", user_id=new_id(), scopes=person.actor.scopes)
    for actor, still_open in ((stranger, [proposal.id]), (Actor(), [proposal.id]), (person.actor, [])):
        async with person.transactions() as session:
            await withdraw_cards(session, actor, person.conversation_id)
        assert await open_ids(person) == still_open
    with pytest.raises(ProposalClosed):
        await person.say_yes(proposal)
    assert await person.count_effects() == 0


async def test_an_answer_names_the_words_it_was_given_in(person: Person) -> None:
    asked = await person.ask("remember", tool_call_id="call_7")
    words = await person.write("đồng ý")
    await person.say_yes(asked, answered_in=words, channel="typed")
    card = await person.read_card(asked.id)
    assert (card.tool_call_id, card.answered_in, card.channel) == ("call_7", words, "typed")
    refused = await person.ask("calendar")
    await person.say_no(refused, answered_in=(no := await person.write("thôi")))
    assert (await person.read_card(refused.id)).answered_in == no


async def test_a_card_for_the_calendar_leaves_a_quote_to_cancel_as_it_is(person: Person) -> None:

    quote = await propose_cancellation(person.consent, person.actor, booking_id=person.trip_id)
    await person.say_yes(await person.ask("calendar"))
    assert (await person.read_card(quote.id)).status == "open"


# each in its own way


async def test_a_trip_that_cannot_be_added_is_not_asked_about(person: Person) -> None:
    async def refused(error: type[AppError]) -> None:
        with pytest.raises(error):
            await person.ask("calendar")

    person.trip_id, ticketed = await person.add("cancelled"), person.trip_id
    await refused(BookingNotForCalendar)
    person.trip_id = ticketed
    await person.say_yes(await person.ask("calendar"))
    assert len(person.diary.google.standing) == 1
    await refused(AlreadyInCalendar)
    async with person.transactions() as session:
        await CalendarConnectionRepository(session).take(person.user_id)
    await refused(CalendarNotConnected)
    person.consent = replace(person.consent, calendar=None)
    await refused(CalendarNotConfigured)


async def test_a_yes_that_could_not_be_written_at_once_is_in_the_calendar_all_the_same(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: Any) -> None:
        raise ConnectionResetError

    proposal = await person.ask("calendar")
    monkeypatch.setattr(effects, "write_in_calendar", die)
    await person.say_yes(proposal)
    assert len(person.diary.google.standing) == 0
    await person.diary.sweep()
    assert len(person.diary.google.standing) == 1


async def test_flights_that_were_moved_need_a_new_yes(person: Person) -> None:
    proposal = await person.ask("calendar")
    await person.diary.change(person.trip_id, make_slice("19:00"))
    with pytest.raises(TermsChanged) as moved:
        await person.say_yes(proposal)
    assert await person.count_effects() == 0
    anew = await person.read_card(UUID(moved.value.extra["proposal_id"]))
    assert anew.conversation_id == person.conversation_id
    await person.say_yes(anew)
    assert await person.count_effects() == 1


async def read_preference(person: Person) -> UserPreference | None:
    async with person.transactions() as session:
        return await find_preference(session, person.actor)


async def test_each_kind_of_preference_is_remembered_and_forgotten(person: Person) -> None:
    told = {
        "seat": ("AISLE", "aisle"),
        "cabin": ("business", "business"),
        "meal": ("vgml", "VGML"),
        "home_airport": ("sgn", "SGN"),
        "currency": ("usd", "USD"),
        "language": ("en", "en"),
        "reminders": ("off", False),
    }
    fields = ("seat_preference", "cabin_class", "meal", "home_airport", "currency", "locale", "reminders")
    for (kind, (said, value)), field in zip(told.items(), fields, strict=True):
        for wanted, stored in ((said, value), (None, True if kind == "reminders" else None)):
            read = read_value(kind, wanted) if wanted else None  # type: ignore[arg-type]  # a kind
            proposal = await propose_preference(person.consent, person.actor, kind=kind, value=read)  # type: ignore[arg-type]
            await person.say_yes(proposal)
            assert getattr(await read_preference(person), field) == stored, kind
        with pytest.raises(PreferenceUnclear):
            read_value(kind, "nothing of the kind")  # type: ignore[arg-type]


async def test_airlines_are_liked_one_by_one_the_last_first(person: Person) -> None:
    for said in ("Vietjet Air", "VN", "vj"):
        value = read_value("airline", said)
        await person.say_yes(await propose_preference(person.consent, person.actor, kind="airline", value=value))
    preference = await read_preference(person)
    assert preference
    assert preference.preferred_airlines == ["VJ", "VN"]


async def test_a_document_that_was_changed_needs_a_new_yes(person: Person) -> None:
    proposal = await person.ask("forget_document")
    async with person.transactions() as session:
        await session.execute(
            update(IdentityDocument)
            .where(IdentityDocument.id == person.document_id)
            .values(issuing_country="US", updated_at=NOW + timedelta(hours=1))
        )
    with pytest.raises(TermsChanged) as changed:
        await person.say_yes(proposal)
    assert await person.count_effects() == 0
    await person.say_yes(await person.read_card(UUID(changed.value.extra["proposal_id"])))
    assert await person.count_effects() == 1


async def test_papers_of_somebody_booked_or_of_somebody_else_stay(person: Person) -> None:
    proposal = await person.ask("forget_document")
    await person.approve(await person.propose())
    with pytest.raises(PassengerFixed):
        await person.say_yes(proposal)
    with pytest.raises(PassengerFixed):
        await person.ask("forget_document")
    other = Person(person.transactions, person.keys, person.airline)
    await other.move_in()
    for passenger_id, error in ((other.passenger_id, PassengerNotFound), (person.passenger_id, DocumentNotFound)):
        with pytest.raises(error):
            await propose_document_deletion(
                person.consent, person.actor, passenger_id=passenger_id, document_id=other.document_id
            )


async def test_the_letter_goes_to_the_address_that_was_written(person: Person) -> None:
    await person.say_yes(await person.ask("change_email"))
    async with person.transactions() as session:
        (letter,) = await session.scalars(select(NotificationLog).where(NotificationLog.type == "verify_email"))
        user = await session.get_one(User, person.user_id)
    opened = person.keys.vault.open(str(letter.letter), table="notification_logs", column="letter", row_id=letter.id)
    assert NEW_ADDRESS in opened
    assert user.email != NEW_ADDRESS, "until the code was entered"


@pytest.mark.parametrize(
    ("placeholder", "error"),
    [
        ("[email-9]", PlaceholderUnknown),
        ("mallory@example.com", AddressUnclear),
        ("[email-1], mallory@example.com", AddressUnclear),
        ("[phone-1]", AddressUnclear),
    ],
)
async def test_only_what_the_traveller_wrote_can_become_their_address(
    person: Person, placeholder: str, error: type[AppError]
) -> None:
    await person.write("số của mình là 0901234567")
    with pytest.raises(error):
        await propose_email_change(
            person.consent,
            person.actor,
            placeholder=placeholder,
            language="vi",
            conversation_id=person.conversation_id,
        )


async def test_an_address_is_taken_from_ones_own_conversation_only(person: Person) -> None:
    other = Person(person.transactions, person.keys, person.airline)
    await other.move_in()
    with pytest.raises(ConversationNotFound):
        await person.ask("change_email", conversation_id=other.conversation_id)


async def test_an_address_that_went_with_its_conversation_is_not_written_to(person: Person) -> None:
    proposal = await person.ask("change_email")
    async with person.transactions() as session:
        await session.execute(delete(Conversation).where(Conversation.id == person.conversation_id))
    with pytest.raises(AddressUnclear):
        await person.say_yes(proposal)
    assert await person.count_effects() == 0


async def test_an_address_that_is_no_more_what_was_shown_is_not_written_to(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_another(*_: Any) -> str:
        return "mallory@example.com"

    proposal = await person.ask("change_email")
    monkeypatch.setattr(effects, "find_address", find_another)
    with pytest.raises(AddressUnclear):
        await person.say_yes(proposal)
    assert await person.count_effects() == 0


async def test_an_address_needs_a_fresh_sign_in_when_asked_and_when_agreed(person: Person) -> None:
    proposal = await person.ask("change_email")
    with clock.frozen(NOW + timedelta(minutes=16)):
        with pytest.raises(SignInAgain):
            await person.say_yes(proposal)
        with pytest.raises(SignInAgain):
            await person.ask("change_email")
    assert await person.count_effects() == 0


async def test_a_mailbox_is_written_to_no_more_often_than_by_the_other_way(person: Person) -> None:
    proposal = await person.ask("change_email")
    mailbox = hash_caller(person.keys, NEW_ADDRESS)
    for _ in range(MAIL.per_caller):
        await count_call(person.transactions, MAIL, caller=mailbox)
    with pytest.raises(RateLimited):
        await person.say_yes(proposal)
    assert await person.count_effects() == 0
    assert (await person.read_card(proposal.id)).status == "open"


async def test_an_address_somebody_else_has_is_not_asked_about(person: Person) -> None:
    async with person.transactions() as session:
        session.add(User(email=NEW_ADDRESS))
    with pytest.raises(EmailTaken):
        await person.ask("change_email")


async def test_a_booking_of_somebody_else_is_not_written_down(person: Person) -> None:

    other = Person(person.transactions, person.keys, person.airline)
    await other.move_in()
    with pytest.raises(BookingNotFound):
        await propose_calendar_entry(person.consent, person.actor, booking_id=other.trip_id, language="vi")
