"""The travellers page: people with their papers, and the account."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accounts import PASSWORD, new_email, register, serve_site, wait_for_code
from tests.e2e.conftest import DESKTOP, PHONE, OpenBrowser, Server, note_problems

pytestmark = pytest.mark.e2e

NUMBER = "C7654321"


def open_travellers(page: Page, server: Server, language: str) -> str:
    """As somebody who has just made an account on the way; gives its address."""
    page.goto(f"{server.url}/travellers?lang={language}")
    page.locator("[autocomplete=username]").wait_for()
    email = register(page)
    page.locator(".empty, .finish, .people").first.wait_for()
    return email


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("(node) => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def add_traveller(page: Page, **fields: str) -> None:
    page.locator(".primary").first.click()
    fill(page, **fields)
    page.locator("[type=submit]").click()
    page.locator(".traveller").first.wait_for()


def test_traveller_with_a_passport_is_kept_and_its_number_masked(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("vi-VN", PHONE).new_page()
    open_travellers(page, server, "vi")
    problems = note_problems(page)
    expect(page.locator("h1")).to_have_text("Hành khách")

    page.locator(".primary").click()
    fill(page, last_name="Đặng", first_name="Thị Lan", dob="1990-05-12", gender="female", nationality="VN")
    expect(page.locator(".preview .latin")).to_have_text("DANG THI LAN")
    fill(page, passport_number="c765 4321", passport_country="VN")
    page.locator("[type=submit]").click()

    person = page.locator(".traveller")
    expect(person).to_contain_text("Đặng Thị Lan")
    expect(person).to_contain_text("Người lớn")
    expect(person.locator(".latin")).to_have_text("DANG THI LAN")
    expect(person).to_contain_text(re.compile(r"Hộ chiếu •••• 4321"))
    expect(person.locator(".warn")).to_contain_text("Chưa có ngày hết hạn hộ chiếu")
    assert NUMBER not in page.content()
    page.reload()
    expect(page.locator(".traveller")).to_contain_text("•••• 4321")
    assert NUMBER not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # a page that begins has no token yet, and asks with the cookie
    assert [each for each in problems if "401" not in each] == []


def test_editing_shows_faults_at_their_fields_and_sends_only_what_changed(
    open_browser: OpenBrowser, server: Server
) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    open_travellers(page, server, "en")
    add_traveller(page, first_name="Sam", last_name="O'Brien", passport_number=NUMBER, passport_country="VN")

    page.get_by_role("button", name="Edit Sam O'Brien").click()
    expect(page.locator("[name=passport_number]")).to_have_value(NUMBER)
    fill(page, last_name="", passport_expiry="2020-01-31")
    page.locator("[type=submit]").click()
    expect(page.locator("[name=last_name]")).to_be_focused()
    fill(page, last_name="O'Brien")
    page.locator("[type=submit]").click()
    expect(page.locator("[name=passport_expiry]")).to_be_focused()
    expect(page.locator("[name=passport_expiry]")).to_have_accessible_description(re.compile(r"\w+ \w+"))
    fill(page, passport_expiry="2031-01-31")
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        page.locator("[type=submit]").click()

    assert sent.value.post_data_json == {"passport_expiry": "2031-01-31"}
    expect(page.locator(".traveller")).to_contain_text("•••• 4321 until 31 Jan 2031")
    expect(page.locator(".note.good")).to_have_text("Saved.")


def test_traveller_is_deleted_only_after_a_second_look(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    open_travellers(page, server, "en")
    add_traveller(page, first_name="Sam", last_name="Smith")

    page.get_by_role("button", name="Delete Sam Smith").click()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".traveller")).to_have_count(1)
    page.get_by_role("button", name="Delete Sam Smith").click()
    page.locator("dialog .danger").click()

    expect(page.locator(".empty")).to_be_visible()
    expect(page.locator(".note.good")).to_have_text("Deleted.")


def test_asking_page_hears_of_a_traveller_after_done_only(open_browser: OpenBrowser, server: Server) -> None:
    with serve_site() as site:
        page = open_browser("en-US", DESKTOP).new_page()
        page.goto(site.origin)
        page.evaluate("() => { window.heard = []; addEventListener('message', (event) => heard.push(event.data)); }")
        with page.expect_popup() as opened:
            page.evaluate("(url) => { open(url); }", f"{server.url}/travellers?lang=en&origin={site.origin}")
        window = opened.value
        register(window)
        window.locator(".empty").wait_for()
        add_traveller(window, first_name="Sam", last_name="Smith")
        add_traveller(window, first_name="Kim", last_name="Smith")
        chosen = window.get_by_role("radio", name="Choose Kim Smith")
        expect(chosen).to_be_checked()
        assert page.evaluate("heard") == []
        passenger_id = chosen.get_attribute("value")
        with window.expect_event("close"):
            window.get_by_role("button", name="Done").click()

        assert page.evaluate("heard") == [{"type": "travel-assistant.passenger", "passenger_id": passenger_id}]


def test_what_needs_a_fresh_sign_in_leads_to_one_and_back(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    open_travellers(page, server, "en")
    refusal = {"detail": "To keep you safe, please sign in again first.", "code": "sign_in_again", "request_id": "x"}
    page.route("**/v1/users/me/export", lambda route: route.fulfill(status=403, json=refusal), times=1)

    page.get_by_role("button", name="Download my data").click()
    page.locator(".alert a").click()
    expect(page.locator(".title p")).to_have_text("To keep you safe, please sign in again before you do this.")
    register(page)

    expect(page.locator("h1")).to_have_text("Travellers")
    with page.expect_download():
        page.get_by_role("button", name="Download my data").click()


def test_data_can_be_taken_along_and_the_account_deleted(
    open_browser: OpenBrowser, server: Server, tmp_path: Path
) -> None:
    page = open_browser("vi-VN", DESKTOP).new_page()
    email = open_travellers(page, server, "vi")
    add_traveller(page, first_name="Lan", last_name="Nguyễn")

    with page.expect_download() as download:
        page.get_by_role("button", name="Tải dữ liệu của tôi").click()
    download.value.save_as(tmp_path / "data.json")
    rows = json.loads((tmp_path / "data.json").read_text())
    assert [each["first_name"] for each in rows["passengers"]] == ["Lan"]
    page.get_by_role("button", name="Xóa tài khoản").click()
    expect(page.locator("dialog h2")).to_have_text(f"Xóa tài khoản {email}?")
    page.get_by_role("button", name="Xóa vĩnh viễn").click()

    expect(page.locator("h1")).to_have_text("Tài khoản của bạn đã được xóa")
    page.goto(f"{server.url}/travellers?lang=vi")
    expect(page.locator("h1")).to_have_text("Đăng nhập")


def test_address_is_confirmed_and_changed_with_mailed_codes(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    email = open_travellers(page, server, "en")
    expect(page.locator(".address")).to_contain_text(f"{email}Not confirmed")

    page.get_by_role("button", name="Enter the code we mailed").click()
    expect(page.locator(".title a")).to_have_attribute("href", "/sandbox/outbox")
    first = wait_for_code(server, email, "confirm")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".again .note.good")).to_be_visible()
    page.locator("[name=code]").fill(first)
    page.locator("[type=submit]").click()
    expect(page.locator("[name=code]")).to_have_accessible_description(re.compile("not right or no longer valid"))
    code = wait_for_code(server, email, "confirm", but=first)
    page.locator("[name=code]").fill(f" {code[:3]} {code[3:]} ")
    page.locator("[type=submit]").click()
    expect(page.locator(".address")).to_contain_text(f"{email}Confirmed")
    expect(page.get_by_role("button", name="Enter the code we mailed")).to_have_count(0)

    other = new_email()
    page.get_by_role("button", name="Change e-mail").click()
    page.locator("[name=email]").fill(other)
    page.locator("[type=submit]").click()
    page.locator("[name=code]").fill(wait_for_code(server, other, "confirm"))
    page.locator("[type=submit]").click()

    expect(page.locator(".address")).to_contain_text(f"{other}Confirmed")
    expect(page.locator(".note.good")).to_have_text("Your e-mail address is confirmed.")


def test_password_is_changed_by_who_knows_it(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("vi-VN", PHONE).new_page()
    open_travellers(page, server, "vi")
    page.get_by_role("button", name="Đổi mật khẩu").click()

    fill(page, current_password="không phải nó", new_password="another rainy day")
    page.locator("[type=submit]").click()
    expect(page.locator("[name=current_password]")).to_be_focused()
    fill(page, current_password=PASSWORD)
    page.locator("[type=submit]").click()

    expect(page.locator(".note.good")).to_have_text("Đã đổi mật khẩu.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_back_leads_from_the_form_to_the_list(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    open_travellers(page, server, "en")
    page.get_by_role("button", name="Add a traveller").click()
    page.locator("[name=last_name]").wait_for()

    page.go_back()
    expect(page.locator("h1")).to_have_text("Travellers")
    page.go_forward()
    page.locator("[name=last_name]").wait_for()
    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("h1")).to_have_text("Travellers")
    assert page.evaluate("location.hash") == ""


def test_other_language_keeps_the_form_but_no_secret(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("en-US", DESKTOP).new_page()
    open_travellers(page, server, "en")
    page.get_by_role("button", name="Add a traveller").click()
    fill(page, last_name="Đặng", first_name="Lan", gender="female", passport_number=NUMBER)

    page.locator("#language").click()

    expect(page.locator("h1")).to_have_text("Thêm hành khách")
    expect(page.locator("[name=last_name]")).to_have_value("Đặng")
    expect(page.locator("[name=gender]")).to_have_value("female")
    expect(page.locator(".preview .latin")).to_have_text("DANG LAN")
    expect(page.locator("[name=passport_number]")).to_have_value("")
    page.locator("[type=submit]").click()
    expect(page.locator(".traveller")).to_contain_text("Đặng Lan")
    expect(page.locator("html")).to_have_attribute("lang", "vi")


def test_account_deleted_elsewhere_leads_home(open_browser: OpenBrowser, server: Server) -> None:
    page = open_browser("vi-VN", DESKTOP).new_page()
    open_travellers(page, server, "vi")
    gone = {"detail": "Tài khoản này không còn nữa.", "code": "account_not_found", "request_id": "x"}
    page.route("**/v1/auth/me", lambda route: route.fulfill(status=404, json=gone))

    page.reload()

    expect(page.locator(".primary")).to_have_text("Về trang chủ")
    expect(page.locator(".primary")).to_have_attribute("href", "/")
