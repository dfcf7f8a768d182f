"""Signing in: on our own page, from the chat there, and from the chat on somebody else's page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accounts import NAME, PASSWORD, Site, new_email, register, serve_site, wait_for_code
from tests.e2e.conftest import DESKTOP, PHONE, Chat, OpenBrowser, OpenChat, Server, note_problems
from tests.support.processes import wait_until

pytestmark = pytest.mark.e2e

NOT_SIGNED_IN = re.compile("401")
"""Asking whether somebody is signed in shows on the console of who is not."""


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[tuple[Site, str]]:
    """A website with a site key, whose page carries the chat."""
    with serve_site() as site:
        key = server.run("create-site", "Shop", "--origin", site.origin).strip()
        site.carry_chat(server.url, key)
        # a server that has just looked takes some seconds to see a new website
        wait_until(lambda: "Access-Control-Allow-Origin" in ask_beforehand(server, site.origin).headers)
        yield site, key


def ask_beforehand(server: Server, origin: str) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return httpx.options(f"{server.url}/v1/chat/conversations", headers=headers)


def open_sign_in(chat: Chat) -> Page:
    with chat.page.expect_popup() as opened:
        chat.find(".me button").click()
    opened.value.locator("h1").wait_for()
    return opened.value


def find_thread(chat: Chat) -> str:
    script = "() => JSON.parse(Object.entries(sessionStorage).find(([key]) => key.startsWith('travel-chat:'))[1]).id"
    found: str = chat.page.evaluate(script)
    return found


def spoil_token(chat: Chat) -> None:
    """As if its minutes were over."""
    chat.page.evaluate("""() => {
      const key = Object.keys(sessionStorage).find((each) => each.startsWith("travel-chat-user:"));
      const user = JSON.parse(sessionStorage[key]);
      sessionStorage[key] = JSON.stringify({ ...user, token: `${user.token}x` });
    }""")


def test_account_made_in_the_window_owns_the_conversation(open_chat: OpenChat, server: Server) -> None:
    chat = open_chat("vi-VN", PHONE)
    chat.ask("Xin chào")

    window = open_sign_in(chat)
    expect(window.locator("h1")).to_have_text("Đăng nhập")
    register(window)

    expect(chat.find(".head p")).to_have_text(NAME)
    expect(chat.find(".head [role=status], [role=status]").last).to_have_text("Đã đăng nhập")
    stranger = httpx.get(f"{server.url}/v1/chat/conversations/{find_thread(chat)}")
    assert stranger.status_code == 404
    chat.page.reload()
    expect(chat.find(".user")).to_contain_text("Xin chào")
    expect(chat.find(".head p")).to_have_text(NAME)
    chat.ask("Bạn giúp được gì?")
    expect(chat.find(".notice")).to_have_count(0)
    assert chat.measure_overflow() == []
    assert chat.problems == []


def test_who_is_signed_in_already_is_asked_before_a_code_is_made(open_chat: OpenChat, server: Server) -> None:
    chat = open_chat("en-US", DESKTOP)
    window = chat.page.context.new_page()
    window.goto(f"{server.url}/sign-in")
    email = register(window)
    window.locator(".person").wait_for()
    window.close()
    asked: list[str] = []
    chat.page.context.on("request", lambda request: asked.append(request.url))

    window = open_sign_in(chat)
    expect(window.locator(".primary")).to_have_text(f"Continue as {email}")
    assert not [url for url in asked if url.endswith("/auth/codes")]
    window.locator(".primary").click()

    expect(chat.find(".head p")).to_have_text(NAME)
    assert [url for url in asked if url.endswith("/auth/codes")]
    assert chat.problems == []


def test_signing_out_ends_the_sign_in_and_leaves_nothing_on_the_page(open_chat: OpenChat, server: Server) -> None:
    chat = open_chat("en-US", DESKTOP)
    register(open_sign_in(chat))
    chat.find(".me summary").wait_for()
    chat.ask("Hello")

    chat.find(".me summary").click()
    with chat.page.expect_response("**/v1/auth/logout") as answer:
        chat.find(".me .out").click()

    assert answer.value.status == 204
    expect(chat.find(".user")).to_have_count(0)
    assert chat.page.evaluate("sessionStorage.length") == 0
    expect(open_sign_in(chat).locator("h1")).to_have_text("Sign in")


def test_sign_in_that_ended_loses_nothing_typed(open_chat: OpenChat) -> None:
    chat = open_chat("en-US", DESKTOP)
    register(open_sign_in(chat))
    chat.find(".me summary").wait_for()
    chat.ask("Hello")
    spoil_token(chat)

    chat.find("textarea").fill("What can you do?")
    chat.find("textarea").press("Enter")
    expect(chat.find(".notice")).to_contain_text("Your sign-in has ended. Your message is still here.")
    expect(chat.find(".me button")).to_have_text("Sign in")
    with chat.page.expect_popup() as opened:
        chat.find(".notice button").click()
    opened.value.locator(".primary").click()

    expect(chat.find(".assistant").last.locator(".text")).not_to_be_empty()
    expect(chat.find(".notice")).to_have_count(0)
    expect(chat.find(".user")).to_have_count(2)
    chat.page.reload()
    expect(chat.find(".user")).to_have_count(2)


def test_chat_on_a_foreign_page_gets_its_user_after_consent(
    open_browser: OpenBrowser, shop: tuple[Site, str], server: Server
) -> None:
    site, _ = shop
    chat = Chat(open_browser("en-US", DESKTOP), site.origin)
    chat.ask("Hello")

    window = open_sign_in(chat)
    host = site.origin.removeprefix("http://")
    expect(window.locator(".title p")).to_contain_text(host)
    email = register(window)
    expect(window.locator(".primary")).to_have_text(f"Continue to {host} as {email}")
    expect(chat.find(".me button")).to_have_count(1)  # a foreign page waits for the click
    window.locator(".primary").click()

    expect(chat.find(".head p")).to_have_text(NAME)
    chat.find(".me summary").click()
    expect(chat.find(".menu > *")).to_have_text([NAME, "Sign out of this page"])
    chat.page.reload()
    expect(chat.find(".user")).to_contain_text("Hello")
    chat.ask("What can you do?")
    expect(chat.find(".notice")).to_have_count(0)
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.find(".me summary").click()
    chat.find(".me .out").click()
    chat.find(".me button").wait_for()
    assert not [url for url in asked if "logout" in url], "a foreign page may forget its token, not end the sign-in"
    assert chat.problems == []


@pytest.mark.parametrize("names_any_origin", [False, True], ids=["as it is", "mutant: to any origin"])
def test_code_reaches_the_asking_origin_only(
    open_browser: OpenBrowser, shop: tuple[Site, str], server: Server, names_any_origin: bool
) -> None:
    site, key = shop
    context = open_browser("en-US", DESKTOP)
    if names_any_origin:
        module = httpx.get(f"{server.url}/pages/account.js").text
        mutant = module.replace("postMessage(message, askingOrigin)", 'postMessage(message, "*")')
        assert mutant != module
        context.route("**/pages/account.js", lambda route: route.fulfill(body=mutant, content_type="text/javascript"))
    thread = httpx.post(f"{server.url}/v1/chat/conversations", json={}).json()["id"]
    with serve_site() as thief:
        page = context.new_page()
        page.goto(thief.origin)
        page.evaluate("() => { window.heard = []; addEventListener('message', ({ data }) => heard.push(data)); }")
        with page.expect_popup() as opened:
            page.evaluate(
                "(url) => { open(url); }",
                f"{server.url}/sign-in?conversation_id={thread}&origin={site.origin}&site_key={key}",
            )
        register(opened.value)
        with opened.value.expect_event("close"):
            opened.value.locator(".person + .alert + .primary").click()

        assert bool(page.evaluate("heard.length")) is names_any_origin


def test_site_key_on_a_page_it_was_not_made_for_is_refused_in_words(
    open_browser: OpenBrowser, shop: tuple[Site, str], server: Server
) -> None:
    _, key = shop
    thread = httpx.post(f"{server.url}/v1/chat/conversations", json={}).json()["id"]
    with serve_site() as thief:
        page = open_browser("vi-VN", PHONE).new_page()
        page.goto(thief.origin)
        with page.expect_popup() as opened:
            address = f"{server.url}/sign-in?conversation_id={thread}&origin={thief.origin}&site_key={key}"
            page.evaluate("(url) => { open(url); }", address)
        window = opened.value
        register(window)
        window.locator(".person + .alert + .primary").click()

        expect(window.locator(".alert")).to_contain_text(re.compile(r"\w+ \w+"))
        expect(window.locator(".primary")).to_be_enabled()


def test_code_from_anywhere_but_our_window_is_not_believed(open_chat: OpenChat) -> None:
    chat = open_chat("en-US", DESKTOP)
    chat.ask("Hello")
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))

    chat.page.evaluate("postMessage({ type: 'travel-assistant.code', code: 'x'.repeat(43) }, '*')")
    chat.ask("What can you do?")

    assert not [url for url in asked if url.endswith("/auth/exchange")]


def test_blocked_window_becomes_a_link(open_browser: OpenBrowser, server: Server) -> None:
    context = open_browser("vi-VN", PHONE)
    context.add_init_script("window.open = () => null")
    chat = Chat(context, server.url)

    chat.find(".me button").click()
    with context.expect_page() as opened:
        chat.find(".notice a").click()
    register(opened.value)

    expect(chat.find(".head p")).to_have_text(NAME)


def test_faults_stand_beside_their_fields_and_take_the_focus(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("vi-VN", PHONE).new_page()
    page.goto(f"{server.url}/sign-in")
    email, password = page.locator("[autocomplete=username]"), page.locator("[autocomplete=current-password]")
    expect(email).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_have_text(["Bạn điền mục này nhé.", "Bạn điền mục này nhé."])
    email.fill("lan@")
    password.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description(re.compile("Địa chỉ e-mail này chưa đúng"))
    email.fill(new_email())
    page.keyboard.press("Enter")

    expect(page.locator(".fault").last).to_have_text("E-mail hoặc mật khẩu không đúng.")
    expect(password).to_be_focused()
    page.locator("button.link").last.click()
    page.locator("[autocomplete=new-password]").fill("ngắn")
    page.keyboard.press("Enter")
    expect(page.locator(".fault").nth(1)).to_have_text("Mật khẩu cần từ 8 đến 128 ký tự.")
    password = page.locator("[autocomplete=new-password]")
    expect(password).to_be_focused()
    page.locator(".toggle").click()
    expect(password).to_have_attribute("type", "text")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_forgotten_password_is_set_anew_with_the_mailed_code(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    problems = note_problems(page)
    page.goto(f"{server.url}/sign-in")
    email = register(page)
    page.locator(".person").wait_for()
    page.locator("button.link").click()

    page.locator("button.link").first.click()
    page.locator("[autocomplete=username]").fill(email)
    page.locator("[type=submit]").click()
    expect(page.locator(".title p")).to_contain_text(
        f"If {email} has an account, the code is in the simulated mailbox."
    )
    expect(page.locator(".title a")).to_have_attribute("href", "/sandbox/outbox")
    page.locator("[autocomplete=one-time-code]").fill(wait_for_code(server, email, "reset"))
    page.locator("[autocomplete=new-password]").fill("another rainy day")
    page.locator("[type=submit]").click()
    expect(page.locator(".note")).to_contain_text("Your password has been changed.")
    page.locator("[autocomplete=current-password]").fill("another rainy day")
    page.locator("[type=submit]").click()

    expect(page.locator(".person")).to_contain_text(email)
    assert [each for each in problems if not NOT_SIGNED_IN.search(each)] == []


def test_what_google_refused_is_told_in_the_pages_language(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("fr-FR", DESKTOP).new_page()
    page.goto(f"{server.url}/sign-in?error=google_refused&lang=vi")
    expect(page.locator(".note")).to_contain_text("Google đã không xác nhận lần đăng nhập này.")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.locator("#language").click()
    expect(page.locator(".note")).to_contain_text("Google did not confirm this sign-in.")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_sign_in_leads_to_our_own_pages_only(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    page.goto(f"{server.url}/sign-in")
    read = "(value) => import('/pages/account.js').then((own) => own.readOwnPath(value))"
    for address in ("//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "http://["):
        assert page.evaluate(read, address) is None, address
    for address in ("/.//evil.example", "/a/..//evil.example", f"{server.url}//evil.example", "/travellers?lang=vi"):
        assert page.evaluate(read, address).startswith(f"{server.url}/"), address


def test_both_languages_have_the_same_words(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    page.goto(f"{server.url}/sign-in")
    for module in ("/pages/account_words.js", "/widget/words.js", "/widget/flight_words.js"):
        script = """async (path) => {
          const words = Object.values(await import(path)).find((each) => /ordsIn$/.test(each.name));
          const shape = (value) => typeof value !== "object" ? typeof value
            : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)]));
          return [shape(words("vi")), shape(words("en"))];
        }"""
        vietnamese, english = page.evaluate(script, module)
        assert vietnamese == english
        assert len(english) > 10


def test_simulated_google_leads_back_to_the_chat_that_asked(open_chat: OpenChat) -> None:
    chat = open_chat("en-US", DESKTOP)
    window = open_sign_in(chat)

    window.get_by_role("link", name="Continue with Google (simulated)").click()
    window.locator("[value=cancel]").click()
    expect(window.locator(".note")).to_contain_text("You stopped signing in with Google.")
    window.locator(".google a").click()
    window.locator("[name=email]").fill(new_email())
    window.locator("[name=name]").fill("Sam Smith")
    window.locator("[name=email_verified]").check()
    window.locator("[value=allow]").click()
    window.locator(".person + .alert + .primary").click()

    expect(chat.find(".head p")).to_have_text("Sam Smith")


def test_back_and_the_other_language_keep_the_screen_and_the_address(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", PHONE).new_page()
    page.goto(f"{server.url}/sign-in")
    page.locator("button.link").last.click()
    page.locator("[autocomplete=username]").fill("lan@example.com")
    page.locator("[autocomplete=new-password]").fill(PASSWORD)

    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("Tạo tài khoản")
    expect(page.locator("[autocomplete=username]")).to_have_value("lan@example.com")
    expect(page.locator("[autocomplete=new-password]")).to_have_value("")
    assert PASSWORD not in page.evaluate("JSON.stringify(history.state)")
    page.go_back()

    expect(page.locator("h1")).to_have_text("Đăng nhập")
    assert page.url.endswith("/sign-in?lang=vi")


def test_header_is_whole_and_one_window_asks_for_the_password(open_chat: OpenChat) -> None:
    chat = open_chat("vi-VN", DESKTOP)
    is_cut = "(nodes) => nodes.some((node) => node.scrollWidth > node.clientWidth)"
    assert not chat.find(".head :is(h2, p)").evaluate_all(is_cut)
    window = open_sign_in(chat)
    window.locator("[autocomplete=username]").fill("lan@")

    chat.find(".me button").click()

    assert len(chat.page.context.pages) == 2
    expect(window.locator("[autocomplete=username]")).to_have_value("lan@")
    window.locator("[autocomplete=username]").fill("")
    register(window)
    chat.find(".me summary").click()
    expect(chat.find(".menu b")).to_have_text(NAME)
    expect(chat.find(".menu a")).to_have_attribute("href", "/travellers")
    assert not chat.find(".menu > *").evaluate_all(is_cut)
