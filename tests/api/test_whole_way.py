"""A conversation from the first wish to the refund, over HTTP, in both languages; what is checked are rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from core.messages import Language
from db.models import BookingItem, NotificationLog
from tests.api.test_bookings import add_passenger
from tests.api.test_chat_errors import check_error
from tests.support.talk import Json
from tests.support.waiting import eventually
from tests.support.way import CARD, PURCHASE, Way, find_paid_seat, set_out, told


@dataclass(frozen=True, slots=True)
class Words:
    """What a traveller says on the way, in one language."""

    search: str
    refine: str
    choose: str
    book: str
    signed_in: str
    entered: str
    yes: str
    pay: str
    calendar: str
    reminders: str
    cancel: str
    change: str
    way: str
    seats: str
    book_seat: str


WORDS: dict[Language, Words] = {
    "vi": Words(
        search="Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 1 người lớn",
        refine="chỉ Vietnam Airlines, vé hoàn được",
        choose="chi tiết chuyến số 1",
        book="đặt chuyến số 1",
        signed_in="mình đăng nhập rồi",
        entered="mình nhập xong rồi",
        yes="đồng ý",
        pay="thanh toán bằng VNPAY",
        calendar="thêm chuyến bay vào lịch của mình",
        reminders="mình có những nhắc nhở nào",
        cancel="hủy vé vừa đặt",
        change="đổi sang ngày 20/12",
        way="cách 2",
        seats="sơ đồ ghế chuyến số 1",
        book_seat="đặt chuyến số 1, ghế {seat}",
    ),
    "en": Words(
        search="Find flights from Hanoi to Da Nang next Friday for 1 adult",
        refine="only Vietnam Airlines, refundable please",
        choose="details of the first one",
        book="book number 1",
        signed_in="I have signed in",
        entered="done, I've filled it in",
        yes="yes please",
        pay="pay with VNPAY",
        calendar="add the flight to my calendar",
        reminders="which reminders do I have?",
        cancel="cancel my latest booking",
        change="move it to 20 December",
        way="option 2",
        seats="seat map of number 1",
        book_seat="book number 1 with seat {seat}",
    ),
}
NEW_DAY = date(2026, 12, 20)
WHOLE_WAY = [
    *PURCHASE,
    *(("calendar", kind) for kind in CARD[:3]),
    *(("cancel", kind) for kind in CARD),
    *(("book", kind) for kind in ("refund_owed", "refunded")),
]
"""The record of it: the money rests on the consent that the booking was made upon."""
WRITTEN = ("calendar", "executed")
"""Told as long as it stands in the calendar."""


@pytest.fixture
async def way(shared_app: FastAPI) -> AsyncIterator[Way]:
    async with set_out(shared_app) as way:
        yield way


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("by", ["a click", "words"])
async def test_from_a_wish_to_the_refund(way: Way, language: Language, by: str) -> None:
    words = WORDS[language]
    assert (await way.say(words.search))["attachments"][0]["type"] == "flight_offers"
    refined = await way.say(words.refine)
    assert {each["carrier"]["code"] for each in refined["attachments"][0]["offers"]} == {"VN"}
    assert (await way.say(words.choose))["intent"] in ("details", "select")

    # a visitor is asked to sign in, and the booking goes on afterwards
    asked = await way.say(words.book)
    (waiting,) = asked["interrupts"]
    assert (waiting["reason"], waiting["card"]["type"]) == ("input_required", "sign_in")
    assert asked["state"]["run"] == "interrupt"
    assert await way.proposals() == []
    await way.sign_in()
    form = await way.answer(waiting, words=words.signed_in if by == "words" else None)
    (waiting,) = form["interrupts"]
    assert waiting["card"]["type"] == "passenger_form"
    await add_passenger(way.account)
    card = await way.answer(waiting, words=words.entered if by == "words" else None)

    # the card asks, and nothing is booked
    (waiting,) = card["interrupts"]
    assert (waiting["reason"], waiting["action"], card["usage"]["llm_calls"]) == ("confirmation", "book", 0)
    (proposal,) = await way.proposals()
    assert (proposal.status, str(proposal.id), proposal.quote_hash) == ("open", waiting["id"], waiting["quote_hash"])
    assert await way.bookings() == []

    # the yes books, without any model
    yes = words.yes if by == "words" else None
    booked = await way.answer(waiting, words=yes)
    assert (booked["usage"]["llm_calls"], booked["interrupts"]) == (0, [])
    booking = await way.booking()
    assert (booking.phase, booking.amount_minor) == ("held", proposal.quote["amount_minor"])
    (proposal,) = await way.proposals()
    assert (proposal.status, proposal.booking_id) == ("approved", booking.id)
    assert [card["type"] for card in booked["attachments"]] == ["booking"]

    # paid at the gateway, ticketed
    link = await way.say(words.pay)
    (payment_card,) = link["attachments"]
    assert (payment_card["type"], payment_card["method"]) == ("payment", "vnpay")
    await way.pay(link)
    await way.reach("ticketed")
    (payment,) = await way.payments()
    assert (payment.status, payment.amount_minor) == ("captured", booking.amount_minor)

    # in the calendar, once it is connected and agreed to
    await way.connect_calendar()
    (waiting,) = (await way.say(words.calendar))["interrupts"]
    assert waiting["action"] == "calendar"
    assert await way.calendar_events() == []
    await way.answer(waiting, words=yes)
    assert len(await way.calendar_events()) == 1
    assert told(await way.read_actions())[-1] == WRITTEN

    # reminded
    reminded = await way.say(words.reminders)
    assert reminded["agent_name"] == "notification"
    planned = select(NotificationLog).where(NotificationLog.ref_id == booking.id, NotificationLog.status == "queued")
    assert {"check_in_opens", "departure_soon"} <= {each.type for each in await way.rows(planned)}

    # given up, and the money comes back
    (waiting,) = (await way.say(words.cancel))["interrupts"]
    assert waiting["action"] == "cancel"
    assert (await way.booking()).phase == "ticketed"
    await way.answer(waiting, words=yes)
    booking = await way.reach("refunded")
    (refund,) = await way.refunds()
    assert (refund.status, refund.amount_minor) == ("done", booking.agreed_refund_minor)
    assert 0 < refund.amount_minor < payment.amount_minor
    assert [each.status for each in await way.proposals()] == ["approved"] * 3

    await check_record(way, words.yes if by == "words" else None)


async def check_record(way: Way, words: str | None) -> None:
    """All of it is on record, in order, for its owner, in either language."""
    actions = [each for each in await way.read_actions() if told([each]) != [WRITTEN]]
    assert told(actions) == WHOLE_WAY
    assert [each["at"] for each in actions] == sorted(each["at"] for each in actions)
    answers = [each for each in actions if each["kind"] == "approved"]
    assert {each["channel"] for each in answers} == {"card" if words is None else "typed"}
    assert words is None or {each["words"] for each in answers} == {words}
    assert {each["booking_id"] for each in answers} == {str((await way.booking()).id), None}
    (payment,), (refund,) = await way.payments(), await way.refunds()
    moved = {each["kind"]: each["amount"]["amount"] for each in actions if each["amount"]}
    paid, back = str(payment.amount_minor), str(refund.amount_minor)
    assert moved == {"payment_started": paid, "paid": paid, "refund_owed": back, "refunded": back}
    in_both = [await way.read_actions(headers={"Accept-Language": language}) for language in WORDS]
    assert told(in_both[0]) == told(in_both[1])
    assert not {each["text"] for each in in_both[0]} & {each["text"] for each in in_both[1]}
    stranger = await way.lobby.join()
    check_error(await stranger.client.get(f"{way.talk.path}/actions"), 404, "conversation_not_found")


@pytest.mark.parametrize("language", WORDS)
async def test_what_is_booked_is_flown_on_another_day(way: Way, language: Language) -> None:
    words = WORDS[language]
    await way.arrive()
    before = await way.buy(words.search, words.book, words.pay)

    # the ways are told, and none is asked about
    listed = await way.say(words.change)
    (card,) = listed["attachments"]
    assert (card["type"], card["booking_id"], listed["interrupts"]) == ("change_options", str(before.id), [])
    assert len(card["options"]) > 1
    assert len(await way.proposals()) == 1

    # the one that is picked is asked about, and nothing is changed
    asked = await way.say(words.way)
    (waiting,) = asked["interrupts"]
    assert (waiting["action"], asked["usage"]["llm_calls"]) == ("change", 0)
    proposal = (await way.proposals())[1]
    quote = proposal.quote
    assert (proposal.status, quote["booking_id"]) == ("open", str(before.id))
    assert [flights_of(each) for each in card["options"]].index(flights_of(waiting["card"])) == 1
    assert quote["amount_minor"] == int(card["options"][1]["total"]["amount"]) > 0
    assert await way.changes() == []

    # the yes agrees to it, and the airline makes it when the difference is paid
    clicked = await way.click(waiting)
    assert (clicked["usage"]["llm_calls"], clicked["interrupts"]) == (0, [])
    (change,) = await way.changes()
    assert (change.status, change.proposal_id) == ("agreed", proposal.id)
    assert (await way.booking()).amount_minor == before.amount_minor
    await way.pay(await way.say(words.pay))

    async def is_changed() -> bool:
        return (await way.changes())[0].status == "done"

    await eventually(is_changed)
    booking = await way.reach("ticketed")
    assert booking.booking_reference == before.booking_reference
    assert (booking.amount_minor, booking.fees_minor) == (
        before.amount_minor + change.difference_minor - change.fee_minor,
        quote["fee_minor"],
    )
    first, second = await way.payments()
    assert [first.amount_minor, second.amount_minor] == [before.amount_minor, quote["amount_minor"]]
    assert [first.status, second.status] == ["captured"] * 2
    (item,) = await way.rows(select(BookingItem).where(BookingItem.booking_id == booking.id))
    assert item.starts_at == datetime.fromisoformat(flown_at(waiting["card"]))
    assert told(await way.read_actions())[6:] == [
        *(("change", kind) for kind in ("proposed", "shown", "approved")),
        ("book", "payment_started"),
        ("change", "executed"),
        ("book", "paid"),
    ]


def flights_of(card: Json) -> list[tuple[str, str]]:
    segments = [segment for each in card["slices"] for segment in each["segments"]]
    return [(segment["designator"], segment["departs_at_local"]) for segment in segments]


def flown_at(card: Json) -> str:
    """In the local time of Vietnam."""
    (slice_,) = card["slices"]
    assert slice_["departs_at_local"].startswith(NEW_DAY.isoformat())
    return f"{slice_['departs_at_local']}+07:00"


@pytest.mark.parametrize("language", WORDS)
async def test_paid_seat_wished_for_with_the_booking_is_agreed_to_and_paid(way: Way, language: Language) -> None:
    words = WORDS[language]
    await way.arrive()
    fare = int((await way.say(words.search))["attachments"][0]["offers"][0]["total"]["amount"])
    flight, seat, price = find_paid_seat((await way.say(words.seats))["attachments"][0])

    (waiting,) = (await way.say(words.book_seat.format(seat=seat)))["interrupts"]
    (service,) = waiting["card"]["services"]
    assert (service["seat"], int(service["price"]["amount"])) == (f"{flight} {seat}", price)
    assert int(waiting["card"]["total"]["amount"]) == fare + price
    (proposal,) = await way.proposals()
    (quoted,) = proposal.quote["services"]
    assert (quoted["seat"], int(quoted["each"]["amount"])) == (service["seat"], price)
    assert (proposal.quote["fare_minor"], proposal.quote["amount_minor"]) == (fare, fare + price)

    await way.click(waiting)
    booking = await way.booking()
    assert [each["service_id"] for each in booking.services] == [quoted["service_id"]]
    assert booking.amount_minor == fare + price
    await way.pay(await way.say(words.pay))
    await way.reach("ticketed")
    (payment,) = await way.payments()
    assert (payment.status, payment.amount_minor) == ("captured", fare + price)
