"""The API's own page: our content policy forbids most of what such pages usually do."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_the_page_draws_every_call_and_breaks_no_policy(desk: Desk) -> None:
    page = desk.open("/api/v1/docs", "")
    expect(page.locator(".opblock")).to_have_count(12)
    page.locator("#operations-Tasks-track_task .opblock-summary-control").click()
    page.locator("#operations-Tasks-track_task .try-out__btn").click()
    page.locator(".authorize").first.click()
    page.locator(".auth-container input").fill("dly_wrong")
