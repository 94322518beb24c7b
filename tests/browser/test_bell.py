"""The bell of every page: it counts, tells in a toast what is not in view, and elsewhere through the browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.provider import DONE, RUNNING, failed
from tests.browser.studio import OwnAccount

pytestmark = pytest.mark.browser

NOTED = """
window.noted = [];
window.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { return (Notification.permission = "granted"); }
  constructor(title, options) { super(); window.noted.push({ title, ...options }); }
  close() {}
};
"""
TOLD = "JSON.parse(sessionStorage.getItem('told'))"
LOOK_MS = 50
HIDE = "Object.defineProperty(document, 'hidden', { get: () => true })"


def until(page: Page, expression: str) -> None:
    """Wait until it holds: the content policy lets Playwright's own way of waiting evaluate nothing."""
    for _ in range(PATIENCE_MS // LOOK_MS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(LOOK_MS)
    pytest.fail(f"It never came to: {expression}")


def settled(page: Page) -> None:
    """The tab knows what there was before it came."""
    until(page, "sessionStorage.getItem('told') !== null")


def everything_seen(desk: Desk) -> None:
    desk.open("/news", "boss").close()


def test_a_page_that_shows_something_else_tells_in_a_toast(desk: Desk, account: OwnAccount) -> None:
    everything_seen(desk)
    task = account.track("Harbour at dawn", RUNNING)
    page = desk.open("/accounts", "boss")
    settled(page)
    expect(page.locator("#bell")).to_have_attribute("aria-label", "News")
    account.say(task, DONE)
    toast = page.locator(".toast", has_text="Harbour at dawn")
    expect(toast).to_contain_text("Done")
    expect(page.locator("#bell")).to_have_attribute("aria-label", "News: 1 unseen")
    toast.get_by_role("link", name="Open Harbour at dawn").click()
    expect(page).to_have_url(re.compile(task.path))
    page.wait_for_load_state()  # keys work once the scripts are there
    page.keyboard.press("b")
    expect(page.locator("#rows li.new")).to_contain_text("Harbour at dawn")
    expect(page.locator("#bell")).to_have_attribute("aria-label", "News")


def test_what_is_in_view_tells_itself(desk: Desk, account: OwnAccount) -> None:
    everything_seen(desk)
    task = account.track("A ridge in fog", RUNNING)
    page = desk.open(account.list(), "boss")
    settled(page)
    account.say(task, failed("no credit"))
    expect(page.locator(task.row).locator(".chip")).to_have_text(re.compile("Failed|Blocked"))
    expect(page.locator("#bell")).to_have_attribute("aria-label", "News: 1 unseen")
    expect(page.locator(".toast")).to_have_count(0)


def test_many_at_once_are_summed_up(desk: Desk, account: OwnAccount) -> None:
    tasks = [account.track(f"Take {n}", RUNNING) for n in range(6)]
    page = desk.open("/accounts", "boss")
    settled(page)
    for task in tasks:
        account.say(task, DONE)
    expect(page.locator("#bell b")).to_be_visible()
    ids = [task.id for task in tasks]
    until(page, f"{TOLD}.filter((key) => {ids}.includes(key.split(':')[0])).length === {len(ids)}")
    assert page.locator(".toast").count() <= 4


def test_a_hidden_page_tells_through_the_browser(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Boat at night", RUNNING)
    page = desk.page("boss")
    page.add_init_script(NOTED)
    page.goto("/news")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("#elsewhere")).to_contain_text("tells you when you look at something else")
    settled(page)
    page.evaluate(HIDE)
    account.say(task, DONE)
    until(page, "window.noted.length > 0")
    noted = page.evaluate("window.noted")
    assert [(one["title"], one["tag"]) for one in noted] == [("Boat at night", f"{task.id}:succeeded")]
    expect(page.locator(".toast")).to_have_count(0)


def test_notices_can_be_turned_off_again(desk: Desk) -> None:
    page = desk.page("boss")
    page.add_init_script(NOTED)
    page.goto("/news")
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("#elsewhere")).to_contain_text("can tell you")
