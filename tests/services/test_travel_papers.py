"""A booking on paper: the calendar file and the receipt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from icalendar import Calendar

from core.clock import clock
from core.messages import Language
from core.messages.catalogue import LANGUAGES
from db.session import Transactions
from domain.bookings import PHASES, Phase
from services.bookings.itinerary import write_itinerary
from services.bookings.receipt import write_receipt
from tests.conftest import NOW
from tests.support.booked import Booked, make_extra, make_london_slice, put_booking
from tests.support.offers import make_slice

SOON = datetime(2027, 3, 27, 23, 30)  # noqa: DTZ001 - a wall time; London's summer begins while they fly


async def write(booked: Booked, language: Language = "vi") -> Any:
    """Untyped, as the library's properties may be anything."""
    return Calendar.from_ical(write_itinerary(await booked.read_facts(), language))


def events_of(calendar: Any) -> list[Any]:
    return list(calendar.walk("VEVENT"))


async def test_each_flight_is_an_event_by_the_clocks_of_its_airports(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "ticketed", make_london_slice(SOON))
    calendar = await write(booked)
    first, second = events_of(calendar)
    assert [str(each["DTSTART"].params["TZID"]) for each in (first, second)] == ["Asia/Ho_Chi_Minh", "Asia/Bangkok"]
    assert str(second["DTEND"].params["TZID"]) == "Europe/London"
    lands = second.decoded("dtend")
    assert (lands.replace(tzinfo=None), lands.astimezone(UTC).hour) == (SOON + timedelta(hours=11), 9)
    assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {
        "Asia/Ho_Chi_Minh",
        "Asia/Bangkok",
        "Europe/London",
    }
    assert str(first["SUMMARY"]) == "[Mô phỏng] TG560 Hà Nội → Bangkok"
    assert "Nội Bài" in str(first["LOCATION"])
    assert "ABC123" in str(first["DESCRIPTION"])
    assert [alarm.decoded("trigger") for alarm in first.walk("VALARM")] == [-timedelta(hours=24), -timedelta(hours=3)]


async def test_file_has_lines_every_calendar_reads(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "ticketed", make_london_slice(SOON))
    content = write_itinerary(await booked.read_facts(), "vi")
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert {b"VERSION:2.0", b"METHOD:PUBLISH"} <= set(lines)
    assert lines.index(b"BEGIN:VTIMEZONE") < lines.index(b"BEGIN:VEVENT")


async def test_event_keeps_its_name_and_grows_its_sequence(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "ticketed")
    (before,) = events_of(await write(booked))
    await booked.fly(make_slice("17:30"))
    with clock.frozen(NOW + timedelta(hours=1)):
        await booked.set(phase="cancelled")
    calendar = await write(booked)
    (after,) = events_of(calendar)
    assert (before["UID"], str(before["STATUS"])) == (after["UID"], "CONFIRMED")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("dtstart").hour == 17
    assert (str(after["STATUS"]), str(calendar["METHOD"])) == ("CANCELLED", "CANCEL")
    assert not after.walk("VALARM")


@pytest.mark.parametrize("phase", PHASES)
async def test_every_booking_has_papers_in_both_languages(transactions: Transactions, phase: Phase) -> None:
    booked = await put_booking(transactions, phase, booking_reference=None)
    facts = await booked.read_facts()
    statuses = {"ticketed": "CONFIRMED", "changing": "CONFIRMED", "cancelling": "CONFIRMED"}
    over = ("refunding", "refunded", "cancelled", "expired", "failed")
    for language in LANGUAGES:
        (event,) = events_of(await write(booked, language))
        assert str(event["STATUS"]) == ("CANCELLED" if phase in over else statuses.get(phase, "TENTATIVE"))
        assert ("Đặt chỗ chưa thanh toán" if language == "vi" else "Booking not paid for") in write_receipt(
            facts, language
        )


class Outline(HTMLParser):
    """The elements a page opens and closes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name in ("src", "href", "onclick") for name, _ in attrs), "a receipt fetches nothing"
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data.replace("\u00a0", " ")


async def test_receipt_tells_who_flies_and_what_was_paid_and_came_back(transactions: Transactions) -> None:
    extras = (make_extra(), make_extra("checked_bag", price=300_000, traveller=1, seat=None))
    booked = await put_booking(transactions, "refunding", extras=extras, confirmed_at=NOW, fees_minor=500_000)
    await booked.set(amount_minor=2_480_000)
    payment = await booked.pay(2_280_000)
    await booked.give_back(payment, 1_780_000, "done")
    await booked.give_back(await booked.pay(2_280_000, is_applied=False), 2_280_000, "due", "paid_twice")
    outline = Outline(write_receipt(await booked.read_facts(), "vi"))
    assert not outline.open
    for told in (
        *("MÔ PHỎNG", "ABC123", "Đã hủy", "NGUYEN/THI LAN", "738-2400000001", "Trẻ em", "VN100", "Hà Nội (HAN)"),
        *("1 người lớn", "1.890.000 ₫", "Chỗ ngồi VN100 12A · NGUYEN/THI LAN", "90.000 ₫"),
        *("Hành lý ký gửi · NGUYEN/MINH", "Chênh lệch sau khi đổi", "200.000 ₫", "2.480.000 ₫", "500.000 ₫"),
        *("VNPAY, giao dịch", "09:00, thứ Bảy 21/11/2026 (giờ Hà Nội)", "1.780.000 ₫", "Thanh toán thừa"),
        *("đang xử lý", "không phải hóa đơn"),
    ):
        assert told in outline.text, told


async def test_receipt_holds_no_document_and_no_contact(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "ticketed")
    page = write_receipt(await booked.read_facts(), "en")
    assert "sealed" not in page
    assert "@" not in page.replace("@page", "").replace("@media", "")


async def test_names_are_text_on_the_page_and_never_markup(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "held", booking_reference="<i>&")
    page = write_receipt(await booked.read_facts(), "en")
    assert "&lt;i&gt;&amp;" in page
    assert "<i>" not in page
