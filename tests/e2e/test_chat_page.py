"""The chat page in a real browser, against a real server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP, PHONE, OpenChat, Server

pytestmark = pytest.mark.e2e

VIETNAMESE = "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"
ENGLISH = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"


def test_vietnamese_question_on_a_phone_shows_offers(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", PHONE)

    chat.ask(VIETNAMESE)

    expect(chat.find(".search")).to_contain_text("Hà Nội → Đà Nẵng")
    expect(chat.find(".search")).to_contain_text("thứ Sáu 27/11/2026 · 2 người lớn · Phổ thông")
    expect(chat.find(".simulated")).to_have_text("Mô phỏng")
    expect(chat.find(".offer")).to_have_count(3)
    expect(chat.find(".offer").first.locator(".price")).to_contain_text(
        re.compile(r"[\d.]+\s₫.*tổng cho 2 khách.*[\d.]+\s₫ mỗi người lớn", re.DOTALL)
    )
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_english_question_on_a_desktop_shows_only_nonstop_offers(open_chat: OpenChat) -> None:
    chat = open_chat("en-US", DESKTOP)

    chat.ask(ENGLISH)

    expect(chat.find(".search")).to_contain_text("Sun 20 Dec 2026 · 1 adult · Economy")
    expect(chat.find(".offer").first).to_contain_text("Cheapest")
    offers = chat.find(".offer").all_inner_texts()
    assert offers
    assert all("Nonstop" in offer for offer in offers)
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_details_button_asks_about_its_own_offer(open_chat: OpenChat) -> None:
    chat = open_chat("en-US", DESKTOP)
    chat.ask(ENGLISH)

    chat.find(".details").nth(1).click()
    chat.find(".assistant").nth(1).wait_for()
    chat.wait_for_rest()

    expect(chat.find(".user").last).to_contain_text("Details of option 2")
    expect(chat.find(".assistant").last.locator(".text")).not_to_be_empty()
    assert chat.problems == []


def test_reload_brings_the_conversation_back(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", PHONE)
    chat.ask(VIETNAMESE)
    said = chat.find(".text").all_inner_texts()
    offered = chat.find(".offer").all_inner_texts()

    chat.page.reload()
    chat.find(".offer").first.wait_for()

    assert chat.find(".user").all_inner_texts() == [f"Bạn:\n\n{VIETNAMESE}"]
    assert chat.find(".text").all_inner_texts() == said
    assert chat.find(".offer").all_inner_texts() == offered
    assert chat.problems == []


def test_message_sent_while_the_server_restarts_is_answered_once_and_the_chat_goes_on(
    open_chat: OpenChat, server: Server
) -> None:
    chat = open_chat("en-US", DESKTOP)
    chat.ask(ENGLISH)

    server.stop()
    chat.find("textarea").fill("Details of option 1")
    chat.find("textarea").press("Enter")
    expect(chat.find(".activity").last).to_have_text("Connection lost, reconnecting…")
    server.start()
    chat.wait_for_rest()
    chat.ask("Details of option 2")

    expect(chat.find(".notice")).to_have_count(0)
    chat.page.reload()
    expect(chat.find(".user")).to_have_count(3)
    for answer in chat.find(".assistant .text").all():
        expect(answer).not_to_be_empty()


def test_escape_closes_the_chat_and_enter_opens_it_again(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", DESKTOP)

    chat.find("textarea").press("Escape")
    expect(chat.find(".panel")).to_be_hidden()
    expect(chat.find(".launcher")).to_be_focused()
    chat.page.keyboard.press("Enter")

    expect(chat.find("textarea")).to_be_focused()
    assert chat.problems == []


def test_page_and_chat_change_language_together(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", DESKTOP)

    chat.find(".language").click()

    expect(chat.find(".welcome h3")).to_have_text("Hello! Where would you like to fly?")
    expect(chat.page.get_by_role("heading", level=1)).to_contain_text("Say it once")
    assert chat.problems == []


def test_checks_notice_what_is_too_wide_and_what_fails(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", PHONE)

    chat.find(".welcome h3").evaluate("heading => { heading.textContent = 'x'.repeat(400); }")
    with chat.page.expect_console_message():
        chat.page.evaluate("fetch('/no-such-page')")

    assert chat.measure_overflow() != []
    assert any("404" in problem for problem in chat.problems)
