"""Cards that wait for their traveller, in a real browser: what they say, and that a click answers them once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.accounts import NAME, register
from tests.e2e.conftest import ANSWER_MILLISECONDS, DESKTOP, PHONE, OpenBrowser, OpenChat, Server
from tests.e2e.consent_cards import (
    BOOKING,
    PROPOSAL,
    QUOTE_HASH,
    WaitingChat,
    ask,
    booking_question,
    calendar,
    cancelling_question,
    change_options,
    passenger_form,
    payment,
    sign_in,
)

pytestmark = pytest.mark.e2e

PAY_URL = "https://pay.example/vnpay?order=1"


def resume(interrupt_id: str, payload: dict[str, object] | None = None) -> list[dict[str, object]]:
    return [{"interrupt_id": interrupt_id, "status": "resolved"} | ({"payload": payload} if payload else {})]


@pytest.mark.parametrize(
    ("locale", "yes", "said", "facts"),
    [
        (
            "vi-VN",
            r"Đồng ý đặt, 3\.950\.000\s₫",
            "Đồng ý",
            ["Hành khách", "NGUYEN/THI LAN", "NGUYEN/MINH (trẻ em)", "hành lý ký gửi × 1: miễn phí", "Trả cho"],
        ),
        (
            "en-US",
            "Book for ₫3,950,000",
            "Approved",
            ["Travellers", "NGUYEN/THI LAN", "NGUYEN/MINH (child)", "checked bag × 1: free", "Paid to"],
        ),
    ],
    ids=["vi", "en"],
)
def test_yes_on_a_card_goes_out_with_what_was_seen_and_cannot_be_given_twice(
    open_browser: OpenBrowser, server: Server, locale: str, yes: str, said: str, facts: list[str]
) -> None:
    card = booking_question(locale[:2])
    chat = WaitingChat(open_browser(locale, PHONE), server.url, card, waits=card)
    for fact in [*facts, "VN157", "Economy Classic", "12A", "Vietnam Airlines (Duffel)"]:
        expect(chat.find(".confirm")).to_contain_text(fact)
    expect(chat.find(".confirm .act")).to_have_count(2)
    approve = chat.find(".confirm .primary")
    expect(approve).to_have_text(re.compile(yes))
    assert chat.measure_overflow() == []

    approve.evaluate("button => { button.click(); button.click(); }")
    expect(chat.find(".over")).to_be_visible()

    expect(chat.find(".user p").last).to_have_text(said)
    expect(chat.find(".acts")).to_be_hidden()
    assert [each["resume"] for each in chat.posted] == [
        resume(PROPOSAL, {"approved": True, "quote_hash": QUOTE_HASH}),
    ]
    assert chat.posted[0]["locale"] == locale[:2]
    assert chat.problems == []


def test_no_is_said_and_another_question_leaves_the_card_open(open_browser: OpenBrowser, server: Server) -> None:
    card = cancelling_question("en")
    chat = WaitingChat(open_browser("en-US", DESKTOP), server.url, card, waits=card)
    facts = chat.find(".facts > *").all_inner_texts()
    assert facts[-4:] == ["Fee", "₫450,000", "Comes back", "₫3,500,000"]

    chat.ask("Is there a later flight?")
    expect(chat.find(".confirm .act").last).to_be_enabled()
    chat.find(".confirm .act").last.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.find("textarea")).to_be_focused()
    expect(chat.find(".over")).to_have_text("This card no longer waits for an answer.")

    expect(chat.find(".user p").last).to_have_text("Declined")
    assert chat.posted[1]["resume"] == resume(PROPOSAL, {"approved": False, "quote_hash": QUOTE_HASH})
    assert chat.problems == []


def test_after_a_reload_only_the_card_that_waits_can_be_answered(open_browser: OpenBrowser, server: Server) -> None:
    old, new = booking_question("vi"), ask("remember", "vi") | {"id": "new", "proposal_id": "new"}

    chat = WaitingChat(open_browser("vi-VN", DESKTOP), server.url, old, new, waits=new)

    expect(chat.find(".confirm").first.locator(".over")).to_have_text("Thẻ này không còn chờ trả lời.")
    expect(chat.find(".confirm").first.locator(".act").first).to_be_hidden()
    expect(chat.find(".confirm").last.locator(".primary")).to_be_enabled()


@pytest.mark.parametrize("is_over", [True, False], ids=["over", "only this machine's clock says so"])
def test_card_expires_when_the_server_says_so(open_browser: OpenBrowser, server: Server, is_over: bool) -> None:
    context = open_browser("en-US", DESKTOP)
    card = booking_question("en") | {"expires_at": "2026-11-21T09:30:00Z"}
    context.clock.install(time="2026-11-21T09:00:00Z")
    chat = WaitingChat(context, server.url, card, waits=card)
    expect(chat.find(".confirm .primary")).to_be_enabled()
    if is_over:
        chat.waiting = []

    with chat.page.expect_response("**/conversations/*"):
        context.clock.fast_forward("31:00")

    if is_over:
        expect(chat.find(".over")).to_have_text("This card expired at 16:30, 21 Nov. Please ask again.")
    else:
        expect(chat.find(".confirm .primary")).to_be_enabled()
    assert chat.problems == []


@pytest.mark.parametrize("button", [".card .act", ".me button"], ids=["on the card", "in the header"])
def test_what_waits_for_the_sign_in_goes_on_after_it(open_browser: OpenBrowser, server: Server, button: str) -> None:
    context, card = open_browser("en-US", DESKTOP), sign_in("en")
    window = f"<script>opener.postMessage({{type: 'travel-assistant.code', code: 'c'}}, '{server.url}')</script>"
    context.route("**/sign-in?*", lambda route: route.fulfill(body=window, content_type="text/html"))
    context.route("**/auth/exchange", lambda route: route.fulfill(json={"access_token": "a", "full_name": NAME}))
    context.route("**/claim", lambda route: route.fulfill(json={}))
    chat = WaitingChat(context, server.url, card, waits=card)
    expect(chat.find(".lines")).to_have_text("Sign in to book, and to see your bookings.")

    chat.find(button).click()
    expect(chat.find(".user p").last).to_have_text("Done")
    chat.wait_for_rest()

    expect(chat.find(".head p")).to_have_text(NAME)
    expect(chat.find(".card .act")).to_be_hidden()
    assert [each["resume"] for each in chat.posted] == [resume(card["id"])]
    assert chat.problems == []


def test_steps_elsewhere_open_beside_the_chat_and_are_reported_done(open_browser: OpenBrowser, server: Server) -> None:
    form, due = passenger_form("vi"), payment("vi", url=PAY_URL)
    cards = form, payment("vi", url="https://pay.example/momo") | {"id": "first"}, due, calendar("vi")
    chat = WaitingChat(open_browser("vi-VN", PHONE), server.url, *cards, waits=form)

    links = chat.find(".card a.act")
    expect(links).to_have_text(["Điền thông tin", re.compile(r"Trả 3\.950\.000\s₫"), "Kết nối lịch"])
    addresses = links.evaluate_all("links => links.map(({ href, target, rel }) => [href, target, rel])")
    assert addresses == [
        [f"{server.url}/travellers?lang=vi#new", "_blank", "noopener"],
        [PAY_URL, "_blank", "noopener"],
        [f"{server.url}/travellers?lang=vi#calendar", "_blank", "noopener"],
    ]
    assert chat.measure_overflow() == []
    chat.find("button.act").first.click()
    expect(chat.find("button.act").first).to_be_hidden()
    expect(chat.find(".user p").last).to_have_text("Xong rồi")
    assert chat.posted[0]["resume"] == resume(form["id"])
    assert chat.problems == []


def test_paid_booking_has_no_link_and_a_way_to_change_is_chosen_in_words(
    open_browser: OpenBrowser, server: Server
) -> None:
    cards = payment("en", url=PAY_URL), payment("en", url=None) | {"id": "paid"}, change_options("en")
    chat = WaitingChat(open_browser("en-US", DESKTOP), server.url, *cards)

    expect(chat.find(f"[data-pays-for='{BOOKING}']")).to_have_count(2)
    expect(chat.find(".card a")).to_have_count(0)
    chat.find(".change-ways button").nth(1).click()
    expect(chat.find(".user p").last).to_have_text("Choose option 2")
    assert chat.posted[0]["message"] == "Choose option 2"
    assert chat.problems == []


def test_visitor_signs_in_names_a_traveller_agrees_and_pays_without_leaving_the_page(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", PHONE)
    pages = chat.page.context
    chat.ask("Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 1 người lớn")
    chat.ask("Đặt chuyến số 1")

    with chat.page.expect_popup() as opened:
        chat.find(".card .act").click()
    register(opened.value)
    with pages.expect_page() as opened:
        chat.find(".card a.act").click()
    form = opened.value
    for name, value in {
        "last_name": "Nguyễn",
        "first_name": "Thị Lan",
        "dob": "1990-02-03",
        "phone": "0912345678",
    }.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("[name=gender]").select_option("female")
    form.locator("[type=submit]").click()
    form.locator(".traveller").wait_for()
    chat.find("button.act").and_(chat.page.get_by_text("Mình điền xong rồi")).click()
    expect(chat.find(".confirm")).to_contain_text("NGUYEN/THI LAN", timeout=ANSWER_MILLISECONDS)
    chat.find(".confirm .primary").click()
    expect(chat.find(".confirm .over")).to_be_visible(timeout=ANSWER_MILLISECONDS)
    chat.ask("Thanh toán bằng VNPAY")
    with pages.expect_page() as opened:
        chat.find("[data-pays-for] a").click()
    opened.value.locator("button[value=pay]").click()
    expect(opened.value.locator("body")).to_have_attribute("data-state", "booked", timeout=ANSWER_MILLISECONDS)
    chat.find("[data-pays-for] button").click()
    chat.find(".card.plain").nth(1).wait_for(timeout=ANSWER_MILLISECONDS)
    chat.wait_for_rest()

    expect(chat.find(".card.plain").last).to_contain_text("Đã xuất vé")
    expect(chat.find(".notice")).to_have_count(0)
    chat.page.reload()
    expect(chat.find(".confirm .over")).to_be_visible()
    assert chat.measure_overflow() == []
    assert chat.problems == []
