"""Everything is reached without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.provider import DONE, Provider
from tests.browser.studio import SELDOM_S, OwnAccount, Studio
from tests.processes import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def page(desk: Desk, account: OwnAccount) -> Page:
    """A list of three tasks that stay as they are."""
    for title in ("First", "Second", "Third"):
        account.track(title, DONE)
    page = desk.open(account.list())
    expect(page.locator("#rows .chip")).to_have_text(["Done"] * 3)
    return page


def focused(page: Page, title: str) -> None:
    expect(page.get_by_role("link", name=title, exact=True)).to_be_focused()


def test_j_and_k_walk_the_list_and_enter_opens(page: Page) -> None:
    page.keyboard.press("j")
    focused(page, "Third")
    page.keyboard.press("j")
    focused(page, "Second")
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused(page, "First")
    page.keyboard.press("k")
    focused(page, "Second")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="First")).to_be_visible()


def test_a_slash_leads_to_the_search_and_letters_typed_there_are_text(page: Page) -> None:
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("jkv?")
    expect(search).to_have_value("jkv?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()


def test_a_question_mark_shows_the_keys_and_escape_hides_them(page: Page) -> None:
    page.keyboard.press("?")
    drawer = page.get_by_role("dialog", name="Keyboard")
    expect(drawer).to_be_visible()
    expect(drawer).to_contain_text("Track a task")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_g_changes_between_table_and_gallery(page: Page) -> None:
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile("view=cards"))
    expect(page.locator("#rows h3")).to_have_count(3)
    page.keyboard.press("j")
    focused(page, "Third")
    page.keyboard.press("g")
    expect(page.locator("#rows tr")).to_have_count(3)


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_the_track_dialog_holds_the_focus_and_gives_it_back(page: Page) -> None:
    opener = page.get_by_role("link", name="Track a task").first
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Track a task")
    expect(dialog.get_by_role("textbox").first).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog, body').localName") in {"dialog", "body"}
        assert not page.evaluate("document.getElementById('main').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_c_asks_about_the_focused_task(desk: Desk, studio: Studio, provider: Provider) -> None:
    account = studio.account(SELDOM_S)
    task = account.track("Runs")
    page = desk.open(account.list())
    page.keyboard.press("j")
    focused(page, "Runs")
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Runs")
    eventually(lambda: provider.times_asked(task.remote_id) > 1, "asked once more")
