"""Every page, light and dark, from a telephone to a wall: nothing is wider than the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.provider import DONE, QUEUED, failed
from tests.browser.studio import SELDOM_S, OwnAccount, Studio

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440, 2560)
SCHEMES = ("light", "dark")
LONG = "Unbroken" * 40


@pytest.fixture(scope="module")
def crowded(studio: Studio) -> Iterator[OwnAccount]:
    """Tasks of every kind of end, with texts as long as they come."""
    account = studio.account(SELDOM_S)
    account.track("Waits", QUEUED)
    account.track(LONG, prompt=LONG, tags=[LONG[:100]])
    account.track("A long title in words " * 10, DONE)
    account.track("Breaks", failed(f"{LONG} and then {LONG}"), prompt="A harbour at dawn. " * 200)
    yield account
    account.pause()


def paths(account: OwnAccount) -> list[str]:
    lists = [account.list(), account.list(view="cards"), account.list(q="nothing"), "/trash", "/track"]
    desks = [
        "/accounts",
        "/accounts/add",
        f"/accounts/{account.slug}/edit",
        "/people",
        "/people/add",
        "/poller",
    ]
    return lists + desks + [task.path for task in account.tracked] + ["/profile", "/admin/"]


def fits(page: Page) -> None:
    width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert width <= window, f"{page.url} is {width} wide in a window of {window}"


def brightness(page: Page) -> int:
    """Of the page's background, 0 to 255."""
    found = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return max(int(part) for part in found[found.index("(") + 1 : -1].split(",")[:3])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits(
    desk: Desk, crowded: OwnAccount, reels: dict[str, str], width: int, scheme: str
) -> None:
    page = desk.page("boss", viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in (
        paths(crowded) + [f"/tasks/{task}" for task in reels.values()] + ["/?account=reels&view=cards"]
    ):
        page.goto(path)
        fits(page)
    page.goto(crowded.tracked[-1].path)
    expect(page.locator(".verdict")).to_be_visible()
    assert (brightness(page) < 64) == (scheme == "dark")
    page.context.clear_cookies()
    page.goto("/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_in_viewport()
    fits(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_track_dialog_fits(desk: Desk, crowded: OwnAccount, width: int) -> None:
    page = desk.open("/new", viewport={"width": width, "height": 700})
    page.get_by_role("link", name="Track a task").locator("visible=true").last.click()
    dialog = page.get_by_role("dialog", name="Track a task")
    dialog.get_by_role("textbox").first.fill(f"https://api.lemondata.cc/v1/tasks/{LONG}\n{LONG}")
    expect(dialog.get_by_role("status")).to_be_visible()
    box = dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    fits(page)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_chosen_theme_stays_whatever_the_system_says(desk: Desk, scheme: str) -> None:
    page = desk.open("/accounts", "vera", color_scheme="light" if scheme == "dark" else "dark")
    for _ in range(3):
        if page.locator("html").get_attribute("data-theme") != scheme:
            with page.expect_response("**/profile/theme"):
                page.locator("[data-theme-switch] button").click()
    assert (brightness(page) < 64) == (scheme == "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    assert (brightness(page) < 64) == (scheme == "dark")
