"""The poller page keeps itself true while a manager looks, and is whole without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, no_reload
from tests.browser.studio import OwnAccount, Studio

pytestmark = pytest.mark.browser

UNHURRIED_S = 10.0


@pytest.fixture
def slow(studio: Studio) -> Iterator[OwnAccount]:
    account = studio.account(UNHURRIED_S)
    yield account
    account.pause()


def test_it_shows_a_new_task_without_a_reload(desk: Desk, slow: OwnAccount) -> None:
    page = desk.open("/poller", "boss")
    following = page.get_by_role("region", name="Asked next")
    expect(page.get_by_role("region", name="Processes")).to_contain_text(re.compile(r"Asks.+\d s ago", re.S))
    with no_reload(page):
        task = slow.track("Kelp forest, slow pan")
        expect(following.get_by_role("link", name="Kelp forest, slow pan")).to_be_visible()
    expect(following.locator("li", has_text="Kelp forest, slow pan")).to_contain_text(slow.slug)
    following.get_by_role("link", name="Kelp forest, slow pan").click()
    expect(page).to_have_url(re.compile(task.path))


def test_it_is_whole_without_javascript(desk: Desk, slow: OwnAccount) -> None:
    page = desk.open("/poller", "boss", java_script_enabled=False)
    expect(page.locator(".sum")).to_contain_text("held by 1 poller")
    expect(page.get_by_role("region", name="Accounts")).to_contain_text(slow.slug)
    for name in ("Asked next", "Last problems"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_others_read_why_they_may_not_see_it(desk: Desk) -> None:
    for person in ("vera", "mira"):
        page = desk.page(person, network_fails=True)
        answer = page.goto("/poller")
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("main")).to_contain_text("manager")
