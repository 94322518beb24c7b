"""The page of one task, while it runs and when it ends."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE, RUNNING, failed
from tests.browser.studio import SELDOM_S, OwnAccount, Studio, Tracked
from tests.processes import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def patient(studio: Studio) -> Iterator[OwnAccount]:
    """An account that does not ask again by itself."""
    account = studio.account(SELDOM_S)
    yield account
    account.pause()


def times_asked(page: Page) -> int:
    return int(page.locator("#asking strong").first.inner_text().rstrip("×"))


def changed_at_the_provider(account: OwnAccount, task: Tracked) -> None:
    """It was asked once, and is done since."""
    eventually(lambda: account.studio.provider.times_asked(task.remote_id), "the first ask")
    account.say(task, DONE)


def test_it_follows_the_task_to_its_end(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn", prompt="A harbour at dawn, gulls")
    page = desk.open(task.path)
    with no_reload(page):
        expect(page.locator(".player")).to_contain_text("40 %")
        expect(page).to_have_title("(1) Running 40 % · Harbour at dawn · Dailies")
        account.say(task, RUNNING | {"progress": 55})
        expect(page.locator("main progress")).to_have_attribute("value", "55")
        account.say(task, DONE)
        expect(page).to_have_title("Done · Harbour at dawn · Dailies")
        expect(page.locator(".timeline li")).to_contain_text(["Tracked", "Running", "Done"])
        expect(page.locator(".stage")).to_contain_text("1280×720")
        expect(page.locator("#asking")).to_contain_text("Final now, so nobody asks any more.")


def test_it_counts_how_often_was_asked(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(task.path)
    expect(page.locator(".player")).to_contain_text("40 %")
    before = times_asked(page)
    with no_reload(page):
        expect(page.locator("#asking")).not_to_contain_text(f"Asked {before}×")
        assert times_asked(page) > before


def test_a_failure_is_explained_and_what_the_reader_opened_stays_open(
    desk: Desk, account: OwnAccount
) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(task.path)
    raw = page.locator("#raw")
    expect(raw).to_contain_text("HTTP 200")
    with no_reload(page):
        raw.locator("summary").click()
        expect(raw.locator("pre")).to_contain_text("processing")
        account.say(task, failed("The face of a public person is not allowed."))
        expect(page.locator(".verdict")).to_contain_text("The face of a public person is not allowed.")
        expect(raw.locator("pre")).to_contain_text("failed")


def test_check_now_asks_at_once(desk: Desk, patient: OwnAccount) -> None:
    task = patient.track("Harbour at dawn")
    page = desk.open(task.path)
    expect(page.locator(".player")).to_contain_text("40 %")
    changed_at_the_provider(patient, task)
    page.locator("[data-check]").click()
    expect(page.locator("main .chip").first).to_have_text("Done")


def test_stop_tracking_can_be_undone(desk: Desk, patient: OwnAccount) -> None:
    task = patient.track("Harbour at dawn")
    page = desk.open(task.path)
    expect(page.locator(".player")).to_contain_text("40 %")
    page.get_by_role("button", name="Stop tracking").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator(task.row)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(task.row)).to_have_count(1)
    page.goto(task.path)
    expect(page.locator(".timeline")).to_contain_text("Restored from the trash")
