"""The label tells the truth, and whatever the network does, the page catches up by itself."""

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.desk import Desk, desk_at, no_reload
from tests.browser.provider import DONE, Provider
from tests.browser.studio import OwnAccount, Studio
from tests.processes import PASSWORD

pytestmark = pytest.mark.browser

TRIES_S = 40


@pytest.fixture
def fragile(chromium: Browser, gathered_dir: Path, provider: Provider, tmp_path: Path) -> Iterator[Studio]:
    """An installation that may be killed."""
    found = Studio(Path(shutil.copytree(gathered_dir, tmp_path / "data")), provider)
    yield found
    found.close()


def label(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("#live")).to_have_text(text)


def test_a_killed_server_is_noticed_and_its_successor_brings_what_happened(
    chromium: Browser, fragile: Studio
) -> None:
    account = fragile.account()
    ends, goes_on = account.track("Ends meanwhile"), account.track("Goes on")
    with desk_at(chromium, fragile.url, fragile.sessions) as desk:
        page = desk.open(account.list(), network_fails=True)
        expect(page.locator(".chip")).to_have_text(["Running 40 %"] * 2)
        label(page, "Live")
        with no_reload(page):
            fragile.served.signal(signal.SIGKILL)
            label(page, re.compile(r"^Reconnecting… \(data as of \d\d:\d\d:\d\d\)$"))
            fragile.served.wait()
            account.say(ends, DONE)
            fragile.restart()
            label(page, "Live")
            expect(page.locator(ends.row).locator(".chip")).to_have_text("Done")
            account.say(goes_on, DONE)
            expect(page.locator(goes_on.row).locator(".chip")).to_have_text("Done")


def close_at_once(route: WebSocketRoute) -> None:
    route.close(code=1011)


def say_nothing(route: WebSocketRoute) -> None:
    """Opened, and nothing ever comes: what some proxies do."""


@pytest.mark.parametrize("proxy", [close_at_once, say_nothing])
def test_without_web_sockets_the_page_checks_every_three_seconds(
    desk: Desk, account: OwnAccount, proxy: Callable[[WebSocketRoute], None]
) -> None:
    task = account.track("Harbour at dawn")
    page = desk.page("mira")
    page.clock.install()
    page.route_web_socket(re.compile("/ws/"), proxy)
    page.goto(account.list())
    with no_reload(page):
        for _ in range(TRIES_S // 10):
            page.clock.run_for(10_000)
        label(page, "Checking every 3 s")
        account.say(task, DONE)
        new = account.track("Came later")
        expect(page.locator(task.row).locator(".chip")).to_have_text("Done")
        expect(page.locator(new.row)).to_be_visible()


def test_offline_is_said_at_once_and_back_online_everything_is_shown(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    page = desk.open(account.list(), network_fails=True)
    label(page, "Live")
    with no_reload(page):
        page.context.set_offline(True)
        label(page, re.compile(r"^Offline \(data as of \d\d:\d\d:\d\d\)$"))
        account.say(task, DONE)
        page.context.set_offline(False)
        label(page, "Live")
        expect(page.locator(task.row).locator(".chip")).to_have_text("Done")


def test_a_new_password_leaves_the_other_tabs_live_and_signing_out_ends_them(
    chromium: Browser, fragile: Studio
) -> None:
    account = fragile.account()
    account.track("Harbour at dawn")
    with desk_at(chromium, fragile.url, fragile.sessions) as desk:
        page = desk.open(account.list(), "boss", network_fails=True)
        label(page, "Live")
        other = page.context.new_page()
        other.goto("/profile")
        other.get_by_label("Present password").fill(PASSWORD)
        other.get_by_label("New password").fill("battery staple 9")
        other.get_by_label("The same again").fill("battery staple 9")
        with page.expect_websocket():
            other.get_by_role("button", name="Change password").click()
        label(page, "Live")
        other.get_by_role("button", name="Sign out").click()
        label(page, "Offline: sign in again")
