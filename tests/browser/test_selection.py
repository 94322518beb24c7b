"""Tasks are selected by mouse and keyboard, and what is done with them can be undone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE
from tests.browser.studio import SELDOM_S, OwnAccount, Studio

pytestmark = pytest.mark.browser

STAYS_MS = 5000
"""How long a row that stops matching stays."""


@pytest.fixture
def quiet(studio: Studio) -> Iterator[OwnAccount]:
    """Four tasks that stay as they are."""
    account = studio.account(SELDOM_S)
    for title in ("First", "Second", "Third", "Fourth"):
        account.track(title, DONE)
    yield account
    account.pause()


@pytest.fixture
def page(desk: Desk, quiet: OwnAccount) -> Iterator[Page]:
    page = desk.open(quiet.list())
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#rows .chip")).to_have_text(["Done"] * 4)
    with no_reload(page):
        yield page


def box(page: Page, title: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select {title}", exact=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("form", name="Selection")


def selected(page: Page, *titles: str) -> None:
    """Exactly these, and the bar says so."""
    expect(page.locator("#rows tr:has(.box:checked) .what a")).to_have_text(list(titles))
    if titles:
        expect(bar(page)).to_contain_text(f"{len(titles)} selected")
    else:
        expect(bar(page)).to_be_hidden()


def titles(page: Page, *expected: str) -> None:
    expect(page.locator("#rows .what a")).to_have_text(list(expected))


def test_the_mouse_selects_one_a_range_and_all(page: Page) -> None:
    selected(page)
    box(page, "Fourth").click()
    selected(page, "Fourth")
    box(page, "Second").click(modifiers=["Shift"])
    selected(page, "Fourth", "Third", "Second")
    box(page, "Third").click()
    selected(page, "Fourth", "Second")
    every = page.get_by_role("checkbox", name="Select all shown")
    assert every.evaluate("box => box.indeterminate") is True
    bar(page).get_by_role("button", name="Select all 4").click()
    selected(page, "Fourth", "Third", "Second", "First")
    expect(every).to_be_checked()
    bar(page).get_by_role("button", name="Clear the selection").click()
    selected(page)
    every.click()
    selected(page, "Fourth", "Third", "Second", "First")


def test_keys_select_one_a_range_and_none(page: Page) -> None:
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    selected(page, "Fourth", "Third", "Second")
    page.keyboard.press("x")
    selected(page, "Fourth", "Third")
    page.keyboard.press("Escape")
    selected(page)
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_focused()


def test_the_gallery_selects_as_the_table_does(desk: Desk, quiet: OwnAccount) -> None:
    page = desk.open(quiet.list(view="cards"))
    page.get_by_role("heading", name="Third").hover()
    box(page, "Third").click()
    box(page, "First").click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("3 selected")
    expect(page.locator("#rows li:has(.box:checked) h3")).to_have_text(["Third", "Second", "First"])


def test_archiving_several_takes_them_out_and_the_notice_brings_them_back(page: Page) -> None:
    box(page, "Fourth").click()
    box(page, "Second").click()
    bar(page).get_by_role("button", name="Archive").click()
    titles(page, "Third", "First")
    selected(page)
    expect(page.locator(".toast")).to_contain_text("2 tasks are archived")
    expect(page.locator("[data-statuses='succeeded'] b")).to_have_text("2")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    titles(page, "Fourth", "Third", "Second", "First")
    expect(page.locator(".toast")).to_contain_text("2 tasks are in the list again.")
    expect(page.locator("[data-statuses='succeeded'] b")).to_have_text("4")


def test_stopping_several_is_undone_by_the_notice_too(page: Page) -> None:
    box(page, "Fourth").click()
    box(page, "Third").click()
    bar(page).get_by_role("button", name="Stop tracking").click()
    titles(page, "Second", "First")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    titles(page, "Fourth", "Third", "Second", "First")


def test_what_is_archived_is_found_in_the_archive_and_leaves_it_again(page: Page) -> None:
    box(page, "Second").click()
    bar(page).get_by_role("button", name="Archive").click()
    titles(page, "Fourth", "Third", "First")
    filters = page.get_by_role("navigation", name="Show tasks by status")
    filters.get_by_role("link", name="Archived").click()
    titles(page, "Second")
    expect(page).to_have_url(re.compile("archived=yes"))
    box(page, "Second").click()
    bar(page).get_by_role("button", name="Unarchive").click()
    expect(page.get_by_role("heading", name="No task matches")).to_be_visible()
    filters.get_by_role("link", name="Archived").click()
    titles(page, "Fourth", "Third", "Second", "First")


def test_a_selected_task_that_somebody_archives_leaves_the_selection(page: Page, quiet: OwnAccount) -> None:
    page.clock.install()
    box(page, "Third").click()
    box(page, "First").click()
    third = quiet.tracked[2]
    quiet.studio.post("/tasks/archive", task=third.id)
    expect(page.locator(third.row)).to_have_class(re.compile("leaving"))
    expect(page.locator("[data-statuses=''] b")).to_have_text("3")
    page.clock.fast_forward(STAYS_MS)
    titles(page, "Fourth", "Second", "First")
    selected(page, "First")


def test_a_selection_survives_what_changes_around_it(page: Page, quiet: OwnAccount) -> None:
    box(page, "Third").click()
    third = quiet.tracked[2]
    quiet.studio.post("/tasks/star", task=third.id)
    expect(page.locator(third.row).get_by_role("button", name="Star Third")).to_have_attribute(
        "aria-pressed", "true"
    )
    selected(page, "Third")
    page.get_by_role("searchbox").fill("ir")
    titles(page, "Third", "First")
    selected(page, "Third")


def test_new_tasks_wait_while_something_is_selected(page: Page, quiet: OwnAccount) -> None:
    box(page, "Third").click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    quiet.track("Fifth", DONE)
    expect(page.locator("#fresh")).to_contain_text("1 new")
    titles(page, "Fourth", "Third", "Second", "First")


def test_several_are_tagged_in_a_dialog(page: Page, quiet: OwnAccount) -> None:
    box(page, "Fourth").click()
    box(page, "First").click()
    bar(page).get_by_role("button", name="Tag…").click()
    dialog = page.get_by_role("dialog", name="Tag 2 tasks")
    field = dialog.get_by_label("Tags")
    expect(field).to_be_focused()
    field.fill("x" * 101)
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("longer than 100 characters")
    dialog.get_by_label("Tags").fill("trailer, Night shots")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog).to_have_count(0)
    for one in (quiet.tracked[0], quiet.tracked[3]):
        expect(page.locator(one.row).locator(".tag")).to_have_text(["trailer", "Night shots"])
    page.get_by_label("Tag", exact=True).select_option("Night shots")
    titles(page, "Fourth", "First")
    bar(page).get_by_role("button", name="Tag…").click()
    dialog.get_by_role("button", name="Remove the tag trailer").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(quiet.tracked[0].row).locator(".tag")).to_have_text(["Night shots"])


def test_a_star_is_set_by_its_button_and_its_key(page: Page, desk: Desk, quiet: OwnAccount) -> None:
    other = desk.open(quiet.list(), "jonas")
    expect(other.locator("#live")).to_have_text("Live")
    row = page.locator(quiet.tracked[1].row)
    row.hover()
    star = row.get_by_role("button", name="Star Second")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(other.get_by_role("button", name="Star Second")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press(".")
    expect(other.get_by_role("button", name="Star Fourth")).to_have_attribute("aria-pressed", "true")
    filters = other.get_by_role("navigation", name="Show tasks by status")
    filters.get_by_role("link", name="Starred").click()
    titles(other, "Fourth", "Second")


def test_a_viewer_sees_stars_and_changes_none(desk: Desk, quiet: OwnAccount) -> None:
    quiet.studio.post("/tasks/star", task=quiet.tracked[1].id)
    page = desk.open(quiet.list(), "vera")
    expect(page.get_by_role("img", name="Starred")).to_have_count(1)
    expect(page.get_by_role("button", name=re.compile("^Star"))).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press(".")
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("1 selected")
    expect(bar(page).get_by_role("button", name="Archive")).to_be_hidden()


def test_the_trash_gives_back_several(page: Page, quiet: OwnAccount) -> None:
    box(page, "Fourth").click()
    box(page, "Third").click()
    bar(page).get_by_role("button", name="Stop tracking").click()
    titles(page, "Second", "First")
    trash = page.context.new_page()
    trash.goto("/trash")
    for title in ("Fourth", "Third"):
        box(trash, title).first.click()
    expect(bar(trash)).to_contain_text("2 selected")
    bar(trash).get_by_role("button", name="Restore").click()
    expect(trash.locator(".toast")).to_contain_text("2 tasks are tracked again.")
    trash.goto(quiet.list())
    titles(trash, "Fourth", "Third", "Second", "First")
