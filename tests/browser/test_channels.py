"""Notifications as people set them up: by keyboard, with a secret that is seen once."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_a_person_adds_a_webhook_tests_it_and_deletes_it(desk: Desk) -> None:
    page = desk.open("/profile")
    page.get_by_role("link", name="Notifications by mail, chat or webhook").click()
    expect(page.get_by_text("You have no channel yet")).to_be_visible()
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_label("Name").fill("Render farm")
    page.get_by_label("Address").fill("http://127.0.0.1:9/topicsecret123")
    page.get_by_label("Account trouble").check()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Render farm")).to_be_visible()
    secret = page.get_by_label("Signing secret").input_value()
    assert secret.startswith("whsec_")
    page.reload()
    expect(page.get_by_label("Signing secret")).to_have_count(0)

    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("alert").or_(page.get_by_role("status"))).to_contain_text(["private network"])
    expect(page.locator("#log")).to_contain_text("Given up")
    assert "topicsecret123" not in page.content()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Click again to delete").click()
    expect(page.get_by_text("You have no channel yet")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_and_say_how_addresses_look(desk: Desk, width: int) -> None:
    page = desk.open("/notifications/add", viewport={"width": width, "height": 900})
    page.get_by_text("How addresses look").click()
    expect(page.get_by_text("tgram://BOT_TOKEN/CHAT_ID")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
