"""Who sees what: roles, and times in everybody's own zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.studio import CSRF, OwnAccount

pytestmark = pytest.mark.browser

ACTS = ("Check now", "Stop tracking")
READERS = (
    ("mira", "Asia/Tokyo", "Asia/Tokyo"),
    ("vera", "America/New_York", "America/New_York"),
    ("jonas", "Asia/Tokyo", "Europe/Berlin"),
)
"""A person, the zone of the browser, and the zone of what is read: jonas has chosen one."""


def send(page: Page, path: str) -> int:
    """The status that a form of this page would be answered with."""
    token = next(one["value"] for one in page.context.cookies() if one["name"] == CSRF)
    return page.request.post(path, headers={"X-CSRFToken": token, "Referer": page.url}).status


def test_a_member_may_act_and_a_viewer_only_looks(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    for person, sees in (("mira", 1), ("vera", 0)):
        page = desk.open(task.path, person)
        expect(page.locator(".player")).to_contain_text("40 %")
        for name in ACTS:
            expect(page.locator(".titlebar").get_by_role("button", name=name)).to_have_count(sees)
        expect(page.get_by_role("link", name="Track a task")).to_have_count(sees)


def test_a_viewer_sees_changes_live_but_can_change_nothing(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(account.list(), "vera")
    expect(page.locator(task.row).locator(".chip")).to_have_text("Running 40 %")
    page.keyboard.press("v")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [send(page, path) for path in ("/track", f"{task.path}/check", f"{task.path}/stop")] == [403] * 3
    expect(page.locator(task.row)).to_be_visible()


def test_only_managers_see_people_and_the_admin_site(desk: Desk) -> None:
    for person, sees in (("mira", 0), ("boss", 1)):
        page = desk.open("/accounts", person)
        for menu in page.locator(".menu > summary").all():
            menu.click()
        for name in ("People", "Storage", "Audit log", "Poller", "Admin"):
            expect(page.get_by_role("link", name=name, exact=True)).to_have_count(sees)


def clock_in(zone: str, moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def test_everybody_reads_the_same_row_in_their_own_zone(desk: Desk, account: OwnAccount) -> None:
    """The browser's zone, unless the profile names one; in rows that came live as well."""
    first = account.track("First")
    pages = {}
    for person, browser_zone, zone in READERS:
        pages[zone] = desk.open(account.list(), person, timezone_id=browser_zone)
        expect(pages[zone].locator("#live")).to_have_text("Live")
    second = account.track("Second")
    for zone, page in pages.items():
        for task in (first, second):
            created = page.locator(task.row).locator(".c-when time")
            expect(created).to_have_attribute("title", re.compile(clock_in(zone, task.created_at)))
        expect(page.locator(".foot [data-zone]")).to_have_text(zone)


@pytest.mark.parametrize(("person", "browser_zone", "zone"), READERS)
def test_a_history_is_told_in_the_readers_zone_by_the_server_too(
    desk: Desk, account: OwnAccount, person: str, browser_zone: str, zone: str
) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(task.path, person, timezone_id=browser_zone)
    expect(page.locator(".timeline time").first).to_have_text(clock_in(zone, task.created_at))
    printed = page.request.get(task.path).text()
    assert f">{clock_in(zone, task.created_at)}</time>" in printed
