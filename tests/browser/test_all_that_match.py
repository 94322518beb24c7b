"""All that match, chosen on the list: done in the background, watched, left and found again, and reported on."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import RUNNING
from tests.browser.studio import SELDOM_S, OwnAccount, Studio

pytestmark = pytest.mark.browser

COUNT = 53
"""More than a page."""


@pytest.fixture(scope="module")
def crowd(studio: Studio) -> Iterator[OwnAccount]:
    account = studio.account(SELDOM_S)
    for number in range(COUNT):
        account.track(f"Shot {number}", RUNNING)
    yield account
    account.pause()


def bar(page: Page) -> Locator:
    return page.get_by_role("form", name="Selection")


def choose_all(page: Page) -> None:
    page.get_by_role("checkbox", name="Select all shown").check()
    bar(page).get_by_role("checkbox", name=f"Select all {COUNT} that match").check()
    expect(page.locator("#picked")).to_have_text("All that match")


def test_the_offer_comes_with_the_whole_page_and_goes_with_it(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open(crowd.list())
    expect(page.locator("#rows .box")).to_have_count(50)
    page.locator("#rows .box").first.click()
    expect(bar(page).get_by_role("checkbox")).to_be_hidden()
    choose_all(page)
    expect(bar(page).get_by_role("button", name="Download")).to_be_hidden()
    page.locator("#rows .box").nth(3).click()
    expect(bar(page).get_by_role("checkbox")).to_be_hidden()
    expect(page.locator("#picked")).to_have_text("49 selected")
    expect(bar(page).get_by_role("button", name="Download")).to_be_visible()


def test_what_is_done_to_all_is_watched_left_and_found_again(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open(crowd.list())
    choose_all(page)
    bar(page).get_by_role("button", name="More…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"All {COUNT} tasks that match")
    page.get_by_role("button", name="Go on Cancel at the provider").click()
    page.get_by_role("button", name=f"Cancel at the provider: {COUNT}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Canceling at the provider {COUNT} tasks")
    address = page.url
    page.goto(crowd.list())
    with no_reload(page):
        strip = page.locator("#batches a")
        expect(strip).to_contain_text(f"of {COUNT}")
        expect(strip).to_have_count(0)
    page.goto(address)
    expect(page.locator("#batch")).to_contain_text(f"{COUNT} tasks are canceled, or asked to be.")


def test_archiving_all_is_undone_as_a_whole(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open(crowd.list())
    choose_all(page)
    bar(page).get_by_role("button", name="Archive").click()
    expect(page.locator("#batch")).to_contain_text(f"{COUNT} tasks are archived.")
    page.get_by_role("button", name=f"Undo {COUNT}").click()
    expect(page.locator("#batch")).to_contain_text(f"{COUNT} tasks are in the list again.")
    page.get_by_role("link", name="Batches").first.click()
    expect(page.get_by_role("link", name=f"Archiving {COUNT} tasks", exact=True)).to_be_visible()


def test_it_works_without_a_script(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open(crowd.list(), java_script_enabled=False)
    bar(page).get_by_role("checkbox", name=re.compile("that match")).check()
    bar(page).get_by_role("button", name="Star", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Starring {COUNT} tasks")
    expect(page.locator("#batch")).to_contain_text(f"{COUNT} tasks are starred.")  # reloaded by itself


def test_the_bookmarklet_is_for_dragging_and_does_nothing_here(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open("/track")
    page.get_by_text("From a file, or from any page").click()
    link = page.get_by_role("link", name="Track in Dailies")
    address = link.get_attribute("href") or ""
    with no_reload(page):
        link.click()
        expect(page.locator("[data-bookmarklet-says]")).to_contain_text("Drag it")
    dragged = page.evaluate(
        """link => { const event = new DragEvent("dragstart", { bubbles: true, cancelable: true });
        return link.draggable && link.dispatchEvent(event); }""",
        link.element_handle(),
    )
    assert dragged is True
    # What a browser does with a bookmark: it runs the decoded code in the page one is at.
    page.goto(crowd.tracked[0].path)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    with page.context.expect_page() as opened:
        page.evaluate(f"() => {{ {unquote(address.removeprefix('javascript:'))} }}")
    expect(opened.value.locator("[name=text]")).to_have_value("Shot 0")


def test_a_file_becomes_the_text_and_is_recognised(desk: Desk, crowd: OwnAccount) -> None:
    page = desk.open("/track")
    page.get_by_text("From a file, or from any page").click()
    rows = f"id,account,title\nldtask_0123456789abcdef,{crowd.slug},Shot 99\n"
    page.get_by_label("Or a file").set_input_files(
        {"name": "tasks.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    expect(page.get_by_role("status").first).to_have_text("1 task recognised")
    expect(page.locator(".found")).to_contain_text("“Shot 99”")
    expect(page.get_by_role("button", name="Track 1 task")).to_be_enabled()
