"""A task's own page: its star, its tags, its title, and putting it aside."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE
from tests.browser.studio import SELDOM_S, OwnAccount, Studio, Tracked

pytestmark = pytest.mark.browser


@pytest.fixture
def quiet(studio: Studio) -> Iterator[OwnAccount]:
    account = studio.account(SELDOM_S)
    yield account
    account.pause()


@pytest.fixture
def task(quiet: OwnAccount) -> Tracked:
    return quiet.track("Harbour at dawn", DONE, tags=["trailer"])


@pytest.fixture
def page(desk: Desk, task: Tracked) -> Page:
    page = desk.open(task.path)
    expect(page.locator("main .chip").first).to_have_text("Done")
    expect(page.locator("#live")).to_have_text("Live")
    return page


def test_tags_are_typed_one_after_another_and_taken_away(page: Page, desk: Desk, task: Tracked) -> None:
    other = desk.open(task.path, "jonas")
    tags = page.locator("#tags li")
    with no_reload(page):
        field = page.get_by_label("Add tags")
        field.fill("Night shots")
        field.press("Enter")
        expect(tags).to_have_text(["trailer", "Night shots"])
        expect(field).to_be_focused()
        expect(field).to_have_value("")
        page.keyboard.type("spring, trailer")
        page.keyboard.press("Enter")
        expect(tags).to_have_text(["trailer", "Night shots", "spring"])
        page.get_by_role("button", name="Remove the tag trailer").click()
        expect(tags).to_have_text(["Night shots", "spring"])
        field.fill("x" * 101)
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("longer than 100 characters")
        expect(field).to_have_value("x" * 101)
    expect(other.locator("#tags li")).to_have_text(["Night shots", "spring"])
    page.get_by_role("link", name="spring").click()
    expect(page.locator("#rows .what a")).to_have_text(["Harbour at dawn"])


def test_what_somebody_types_stays_while_the_page_changes(
    page: Page, task: Tracked, quiet: OwnAccount
) -> None:
    field = page.get_by_label("Add tags")
    field.fill("half a ta")
    quiet.studio.post("/tasks/star", task=task.id)
    star = page.get_by_role("button", name="Star Harbour at dawn")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(field).to_be_focused()
    expect(field).to_have_value("half a ta")


def test_the_star_turns_by_its_key(page: Page) -> None:
    star = page.get_by_role("button", name="Star Harbour at dawn")
    with no_reload(page):
        for state in ("true", "false", "true"):
            with page.expect_response(re.compile(r"/tasks/(un)?star$")) as answer:
                page.keyboard.press(".")
                expect(star).to_have_attribute("aria-pressed", state)
            assert answer.value.status == 204
    page.reload()
    expect(star).to_have_attribute("aria-pressed", "true")


def test_the_title_is_edited_in_place(page: Page) -> None:
    page.get_by_label("Edit the title").click()
    field = page.get_by_label("Title", exact=True)
    expect(field).to_have_value("Harbour at dawn")
    field.fill("Harbour at dusk")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour at dusk")
    expect(page.locator(".timeline")).to_contain_text("Changed title")


def test_it_is_archived_and_taken_back(page: Page) -> None:
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator(".meta")).to_contain_text("Archived")
    expect(page.locator(".toast")).to_contain_text("is archived: out of the list, still found.")
    page.get_by_role("button", name="Unarchive").click()
    expect(page.locator(".meta")).not_to_contain_text("Archived")
    expect(page.locator(".timeline")).to_contain_text("Unarchived")
