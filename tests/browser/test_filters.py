"""Which tasks are shown: by status, kind, account and text, all of it in the address."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE, failed
from tests.browser.studio import OwnAccount

pytestmark = pytest.mark.browser

STAYS_MS = 5000
"""How long a row that stops matching can still be clicked."""


@pytest.fixture
def page(desk: Desk, account: OwnAccount) -> Iterator[Page]:
    """A list with one task of each ending, and one that runs."""
    account.track("Harbour, done", DONE)
    account.track("Harbour, running")
    account.track("Desert, failed", failed("The model broke."))
    page = desk.open(account.list())
    expect(page.locator("#rows .chip")).to_have_text(["Failed", "Running 40 %", "Done"])
    with no_reload(page):
        yield page


def titles(page: Page, *expected: str) -> None:
    expect(page.locator("#rows .what a")).to_have_text(list(expected))


def chip(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Show tasks by status").get_by_role("link", name=name).click()


def test_a_status_changes_the_address_and_the_list_and_the_way_back_works(page: Page) -> None:
    chip(page, "Done")
    titles(page, "Harbour, done")
    expect(page).to_have_url(re.compile("status=succeeded"))
    chip(page, "Failed")
    titles(page, "Desert, failed")
    page.go_back()
    titles(page, "Harbour, done")
    page.go_back()
    titles(page, "Desert, failed", "Harbour, running", "Harbour, done")
    expect(page).not_to_have_url(re.compile("status="))
    page.go_forward()
    titles(page, "Harbour, done")


def test_a_search_acts_while_one_types_and_escape_clears_it(page: Page) -> None:
    before = page.evaluate("history.length")
    page.get_by_role("searchbox").press_sequentially("HARBOUR")
    titles(page, "Harbour, running", "Harbour, done")
    expect(page).to_have_url(re.compile("q=HARBOUR"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    titles(page, "Desert, failed", "Harbour, running", "Harbour, done")
    expect(page).not_to_have_url(re.compile("q="))
    assert page.evaluate("history.length") == before


def test_a_kind_without_tasks_says_so_and_offers_the_way_out(page: Page) -> None:
    page.get_by_label("Kind").select_option("audio")
    expect(page.get_by_role("heading", name="No task matches")).to_be_visible()
    expect(page).to_have_url(re.compile("kind=audio"))
    page.get_by_role("link", name=re.compile("Kind: Audio")).click()
    titles(page, "Desert, failed", "Harbour, running", "Harbour, done")


def test_a_filtered_list_stays_live(page: Page, account: OwnAccount) -> None:
    chip(page, "Done")
    titles(page, "Harbour, done")
    account.say(account.tracked[1], DONE)
    titles(page, "Harbour, running", "Harbour, done")


def test_a_filtered_list_is_the_same_when_its_address_is_opened(page: Page, desk: Desk) -> None:
    chip(page, "Active")
    titles(page, "Harbour, running")
    titles(desk.open(page.url, "jonas"), "Harbour, running")


def test_a_row_that_stops_matching_is_dimmed_and_then_leaves(page: Page, account: OwnAccount) -> None:
    running = account.tracked[1]
    page.clock.install()
    chip(page, "Active")
    titles(page, "Harbour, running")
    account.say(running, DONE)
    row = page.locator(running.row)
    expect(row).to_have_class(re.compile("leaving"))
    expect(row.locator(".chip")).to_have_text("Done")
    page.clock.fast_forward(STAYS_MS)
    expect(row).to_have_count(0)
