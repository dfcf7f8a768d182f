"""Price calendar, seat map and fare rules in a real browser, and what flight offers say when a provider says less."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ViewportSize, expect

from terminal import calendar_table
from tests.e2e.cards import CardChat, fare_rules, flight_offers, price_calendar, seat_map, start_card
from tests.e2e.conftest import DESKTOP, PHONE, OpenBrowser, OpenChat, Server

pytestmark = pytest.mark.e2e

NARROW: ViewportSize = {"width": 320, "height": 700}


def test_calendar_puts_days_under_their_weekday_and_tells_cheapest_empty_and_unknown_apart(
    open_browser: OpenBrowser, server: Server
) -> None:
    chat = CardChat(open_browser("vi-VN", NARROW), server.url, price_calendar("vi"))

    assert chat.find(".calendar th").all_inner_texts() == ["T2", "T3", "T4", "T5", "T6", "T7", "CN"]
    first_week = chat.find(".calendar tbody tr").first.locator("td")
    assert [text.split("\n")[0] for text in first_week.all_inner_texts()] == ["", "", "", "", "18/12", "19", "20"]
    expect(first_week.last.get_by_role("button")).to_have_accessible_name(
        re.compile(r"Chủ nhật 20/12/2026, 1\.290\.000\s₫, Rẻ nhất")
    )
    expect(first_week.last).to_contain_text("Rẻ nhất")
    expect(chat.find(".lowest")).to_have_text(re.compile(r"Rẻ nhất 1\.290\.000\s₫: Chủ nhật 20/12/2026"))
    expect(chat.find(".calendar .none")).to_have_text("22–không có chuyến phù hợp")
    expect(chat.find(".calendar .unknown")).to_have_text("23?chưa có giá")
    assert chat.find(".calendar button").count() == 18
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_day_in_another_currency_names_it_and_who_is_missing_is_said(open_browser: OpenBrowser, server: Server) -> None:
    card = price_calendar("en")
    card["days"][0]["total"] = {"amount": "90.50", "currency": "USD"}
    card["search"]["missing"] = ["Duffel"]
    chat = CardChat(open_browser("en-US", NARROW), server.url, card)

    assert chat.find(".calendar button span").all_inner_texts()[:3] == ["$90.5", "2.63M", "1.29M"]
    expect(chat.find(".key")).to_contain_text("VND")
    expect(chat.find(".search p").last).to_have_text("No answer in time from Duffel")
    assert chat.measure_overflow() == []
    assert chat.problems == []


@pytest.mark.parametrize(
    ("locale", "stay_nights", "question"),
    [
        ("vi-VN", None, "Tìm chuyến Hà Nội đi Đà Nẵng ngày 20/12/2026"),
        ("en-US", 5, "Search flights from Hanoi to Da Nang on 20 December 2026, back on 25 December 2026"),
    ],
)
def test_priced_day_asks_for_its_own_flights(
    open_browser: OpenBrowser, server: Server, locale: str, stay_nights: int | None, question: str
) -> None:
    card = price_calendar(locale[:2], stay_nights=stay_nights)
    chat = CardChat(open_browser(locale, DESKTOP), server.url, card)

    chat.find(".calendar .cheapest").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.find(".user").last).to_contain_text(question)
    chat.wait_for_rest()

    assert chat.sent == [question]
    assert chat.problems == []


def test_seats_tell_by_shape_and_words_whether_they_are_free(open_browser: OpenBrowser, server: Server) -> None:
    chat = CardChat(open_browser("vi-VN", NARROW), server.url, seat_map("vi"))

    free = chat.find(".seat").and_(chat.page.get_by_label(re.compile("^12A:")))
    expect(free).to_have_text("A")
    expect(free).to_have_accessible_name(
        re.compile(r"12A: còn trống, 250\.000\s₫, cửa sổ, hàng thoát hiểm, chỗ để chân rộng, không dành cho em bé")
    )
    taken = chat.find(".seat").and_(chat.page.get_by_label(re.compile("^12B:")))
    expect(taken).to_have_text("×")
    expect(taken).to_have_accessible_name(re.compile("12B: không chọn được, ghế giữa"))
    expect(chat.page.get_by_role("rowheader", name="Hàng 12, hàng thoát hiểm")).to_have_text("12")
    assert chat.problems == []


def test_seats_stand_under_their_column_and_a_wide_cabin_scrolls_in_its_own_box(
    open_browser: OpenBrowser, server: Server
) -> None:
    chat = CardChat(open_browser("en-US", NARROW), server.url, seat_map("en"))

    economy = chat.find(".cabin").nth(1)
    heads = economy.locator("thead td, thead th").all_text_contents()
    titles = "(row) => [...row.cells].map((cell) => cell.firstElementChild?.title.split(':')[0])"
    row_12 = economy.locator("tbody tr").nth(2).evaluate(titles)
    chat.find(".flight summary").nth(1).click()
    wide = chat.find(".flight").nth(1).get_by_role("region", name=re.compile(r"Economy, \d+ seats free"))
    wide.wait_for()

    assert heads == ["", "A", "B", "C", "", "D", "E", "F"]
    assert row_12 == [None, "12A", "12B", "12C", None, "12D", "12E", None]
    assert wide.evaluate("box => box.scrollWidth > box.clientWidth && box.tabIndex === 0")
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_fare_rules_are_short_and_the_airlines_words_unfold(open_browser: OpenBrowser, server: Server) -> None:
    chat = CardChat(open_browser("en-US", PHONE), server.url, fare_rules("en"))

    facts = [text.strip() for text in chat.find(".facts > *").all_inner_texts()]
    assert facts == [
        "Refund",
        "Not allowed",
        "Change",
        "Allowed for ₫360,000",
        "Carry-on",
        "1 × 10 kg",
        "Checked bags",
        "1 × 23 kg",
    ]
    expect(chat.find(".small-print p")).to_be_hidden()
    chat.find(".small-print summary").click()
    expect(chat.find(".small-print p")).to_contain_text("TICKET NON-REFUNDABLE.")
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_offers_say_what_is_old_missing_or_not_stated(open_browser: OpenBrowser, server: Server) -> None:
    chat = CardChat(open_browser("vi-VN", NARROW), server.url, flight_offers("vi"))

    expect(chat.find(".search p").last).to_have_text("Giá cập nhật 12 phút trước · Duffel chưa trả lời kịp")
    expect(chat.find(".bags")).to_have_text("Xách tay: chưa rõ · Ký gửi: chưa rõ")
    expect(chat.find(".price p")).to_contain_text("tổng cho 2 khách")
    expect(chat.find(".price p")).not_to_contain_text("mỗi người lớn")
    expect(chat.find(".carrier")).not_to_contain_text("khai thác")
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_card_without_its_module_or_of_an_unknown_type_keeps_its_words(
    open_browser: OpenBrowser, server: Server
) -> None:
    context = open_browser("en-US", DESKTOP)
    context.route("**/widget/seat_map.js", lambda route: route.abort())

    chat = CardChat(context, server.url, seat_map("en"), start_card("hotel_map", "en"), fare_rules("en"), plain=2)

    assert chat.find(".card.plain").all_inner_texts() == ["seat_map in words", "hotel_map in words"]


def test_log_follows_a_card_drawn_late_up_to_the_question(open_browser: OpenBrowser, server: Server) -> None:
    chat = CardChat(open_browser("en-US", PHONE), server.url, price_calendar("en"), seat_map("en"))

    anchored = "log => Math.abs(log.querySelector('.user').offsetTop - 12 - log.scrollTop) <= 1"
    assert chat.find(".log").evaluate(anchored)


def test_cheapest_day_leads_to_its_offers_their_seats_and_their_rules(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", PHONE)

    chat.ask("Ngày nào rẻ nhất từ Hà Nội đi Đà Nẵng quanh ngày 20/12 cho 2 người lớn")
    cheapest = chat.find(".calendar .cheapest")
    day = re.search(r"\d\d/12/2026", cheapest.get_attribute("aria-label") or "")
    assert day is not None
    cheapest.click()
    chat.find(".offer").first.wait_for()
    chat.wait_for_rest()
    expect(chat.find(".card:has(.offers) .search")).to_contain_text(f"{day[0]} · 2 người lớn")
    chat.ask("Sơ đồ ghế chuyến số 1")
    expect(chat.find(".cabin .free").first).to_have_accessible_name(re.compile(r"\d+[A-K]: còn trống, "))
    chat.ask("Điều kiện vé chuyến số 1")
    expect(chat.find(".facts dt")).to_have_text(["Hoàn vé", "Đổi vé", "Xách tay", "Ký gửi"])

    assert chat.measure_overflow() == []
    assert chat.problems == []


@pytest.mark.parametrize(("language", "day"), [("vi", "20/12 *"), ("en", "20 Dec *")])
def test_terminal_shows_the_calendar_as_weeks(language: str, day: str) -> None:
    table = calendar_table(price_calendar(language))

    columns = [list(column.cells) for column in table.columns]
    assert [len(cells) for cells in columns] == [4] * 7
    assert columns[0][0] == ""
    assert day in str(columns[6][0])
    assert "–" in str(columns[1][1])
    assert "?" in str(columns[2][1])
