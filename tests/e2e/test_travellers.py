"""The travellers page: people with their papers, and the account."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accounts import register, serve_site
from tests.e2e.conftest import DESKTOP, PHONE, OpenBrowser, Server, note_problems

pytestmark = pytest.mark.e2e

NUMBER = "C7654321"


def open_travellers(page: Page, server: Server, language: str) -> None:
    """As somebody who has just made an account on the way."""
    page.goto(f"{server.url}/travellers?lang={language}")
    page.locator("[autocomplete=username]").wait_for()
    register(page)
    page.locator(".empty, .finish, .people").first.wait_for()


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
    open_travellers(page, server, "vi")
    add_traveller(page, first_name="Lan", last_name="Nguyễn")

    with page.expect_download() as download:
        page.get_by_role("button", name="Tải dữ liệu của tôi").click()
    download.value.save_as(tmp_path / "data.json")
    rows = json.loads((tmp_path / "data.json").read_text())
    assert [each["first_name"] for each in rows["passengers"]] == ["Lan"]
    page.get_by_role("button", name="Xóa tài khoản").click()
    page.get_by_role("button", name="Xóa vĩnh viễn").click()

    expect(page.locator("h1")).to_have_text("Tài khoản của bạn đã được xóa")
    page.goto(f"{server.url}/travellers?lang=vi")
    expect(page.locator("h1")).to_have_text("Đăng nhập")
