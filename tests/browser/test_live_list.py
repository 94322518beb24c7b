"""The open list follows the providers, and nothing moves under the reader."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE, QUEUED, RUNNING, failed
from tests.browser.studio import SELDOM_S, OwnAccount, Studio

pytestmark = pytest.mark.browser

EVIL = "<x-evil onclick=alert(1)>{}</x-evil><img src=x onerror=alert(1)>"


@pytest.fixture
def quiet(studio: Studio) -> Iterator[OwnAccount]:
    """An account whose tasks stay as they are once they were asked about."""
    account = studio.account(SELDOM_S)
    yield account
    account.pause()


def live(page: Page) -> None:
    """The page has heard from the server how everything stands."""
    expect(page.locator("#live")).to_have_text("Live")


def tab(page: Page, name: str) -> str:
    return (
        page.get_by_role("navigation", name="Show tasks by status")
        .get_by_role("link", name=name)
        .locator("b")
        .inner_text()
    )


def places(page: Page, account: OwnAccount) -> dict[str, object]:
    return {task.id: page.locator(task.row).bounding_box() for task in account.tracked}


def test_a_row_its_counters_and_the_title_follow_the_provider(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn", QUEUED)
    page = desk.open(account.list())
    row = page.locator(task.row)
    with no_reload(page):
        expect(row.locator(".chip")).to_have_text("Queued")
        expect(page).to_have_title("(1) Tasks · Dailies")
        account.say(task, RUNNING)
        expect(row.locator(".chip")).to_have_text("Running 40 %")
        account.say(task, RUNNING | {"progress": 73})
        expect(row.locator(".chip")).to_have_text("Running 73 %")
        assert row.locator("progress").evaluate("bar => bar.value") == 73
        expect(page.locator("#favicon")).to_have_attribute("href", re.compile("favicon-active"))
        account.say(task, DONE)
        expect(row.locator(".chip")).to_have_text("Done")
        expect(row).to_contain_text("1 file")
        expect(page).to_have_title("Tasks · Dailies")
        expect(page.locator("#favicon")).not_to_have_attribute("href", re.compile("favicon-active"))
        assert (tab(page, "All"), tab(page, "Active"), tab(page, "Done")) == ("1", "0", "1")


def test_a_card_follows_the_provider(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(account.list(view="cards"))
    with no_reload(page):
        expect(page.locator(task.row).locator(".chip")).to_have_text("Running 40 %")
        account.say(task, DONE)
        expect(page.locator(task.row).locator(".chip")).to_have_text("Done")


def test_new_tasks_come_in_on_top_where_nobody_reads(desk: Desk, quiet: OwnAccount) -> None:
    quiet.track("First")
    page = desk.open(quiet.list())
    live(page)
    with no_reload(page):
        new = quiet.track("Second")
        expect(page.locator("#rows [data-version]").first).to_have_attribute("id", f"task-{new.id}")
        expect(page.locator("#fresh")).to_be_hidden()
        expect(page.locator("#shown")).to_have_text("2")


@pytest.mark.parametrize("reading", ["scrolled", "focused"])
def test_new_tasks_wait_behind_a_pill_while_somebody_reads(
    desk: Desk, quiet: OwnAccount, reading: str
) -> None:
    for number in range(12):
        quiet.track(f"Shot {number}")
    page = desk.open(quiet.list(), viewport={"width": 1280, "height": 500})
    live(page)
    if reading == "scrolled":
        page.evaluate("scrollTo(0, 300)")
    else:
        page.keyboard.press("j")
        expect(page.locator(quiet.tracked[-1].row).get_by_role("link")).to_be_focused()
    before = places(page, quiet)
    with no_reload(page):
        seen = list(quiet.tracked)
        new = [quiet.track("One more"), quiet.track("And another")]
        expect(page.locator("#fresh")).to_contain_text("2 new")
        assert {task.id: page.locator(task.row).bounding_box() for task in seen} == before
        for task in new:
            expect(page.locator(task.row)).to_have_count(0)
        page.locator("#fresh").click()
        for task in new:
            expect(page.locator(task.row)).to_be_visible()
        expect(page.locator("#fresh")).to_be_hidden()


def test_what_a_provider_says_is_text_in_live_updates_too(desk: Desk, account: OwnAccount) -> None:
    page = desk.open(account.list())
    live(page)
    task = account.track(EVIL.format("title"), prompt=EVIL.format("prompt"))
    detail = desk.open(task.path)
    expect(page.locator(task.row).get_by_role("link")).to_have_text(EVIL.format("title"))
    with no_reload(page), no_reload(detail):
        account.say(task, failed(EVIL.format("error")))
        expect(page.locator(task.row).locator(".chip")).to_have_text("Failed")
        expect(detail.locator(".verdict")).to_contain_text(EVIL.format("error"))
        expect(detail.locator("#prompt")).to_have_text(EVIL.format("prompt"))
        assert page.locator("x-evil, main img").count() == 0
        assert detail.locator("x-evil, main img").count() == 0


def test_a_task_that_somebody_stops_tracking_leaves_every_page(desk: Desk, quiet: OwnAccount) -> None:
    task, other = quiet.track("To be stopped"), quiet.track("Stays")
    page, detail = desk.open(quiet.list()), desk.open(task.path)
    live(page)
    live(detail)
    with no_reload(page), no_reload(detail):
        quiet.studio.post(f"{task.path}/stop")
        expect(page.locator(task.row)).to_have_count(0)
        expect(page.locator(other.row)).to_be_visible()
        expect(detail.get_by_text("Somebody stopped tracking this task.")).to_be_visible()
