"""A share as strangers see it, and as the team makes and ends one."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dashboard.environment import ROOT
from tests.browser.desk import Desk, no_reload
from tests.browser.provider import DONE, RUNNING
from tests.browser.studio import OwnAccount, Studio

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
FILM = (ROOT / "dashboard" / "demo" / "media" / "sea.mp4").read_bytes()
PLAYS = """video => new Promise((go) => {
  const look = () => video.currentTime > 0 && !video.paused ? go() : setTimeout(look, 20);
  look();
})"""


def share(studio: Studio, task_id: str, **wanted: object) -> str:
    """The path of a new link to a task."""
    made = studio.api("POST", f"tasks/{task_id}/shares", json=wanted)
    return str(urlsplit(made["url"]).path)


def views(studio: Studio, task_id: str) -> list[int]:
    return [one["views"] for one in studio.api("GET", f"tasks/{task_id}/shares")["items"]]


def stranger(desk: Desk, path: str, **options: Any) -> Page:
    return desk.open(path, person="", **options)


def fits(page: Page) -> None:
    width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert width <= window, f"{page.url} is {width} wide in a window of {window}"


def play_to_its_end(video: Locator) -> None:
    video.evaluate("video => video.play()")
    video.evaluate(PLAYS)
    video.evaluate("video => { video.currentTime = video.duration - 0.2; }")
    expect(video).to_have_js_property("ended", value=True)


def no_cookies(context: BrowserContext) -> None:
    assert context.cookies() == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_stranger_sees_the_poster_plays_and_seeks_to_the_end(
    desk: Desk, studio: Studio, reels: dict[str, str], width: int, scheme: str
) -> None:
    path = share(studio, reels["film"])
    page = stranger(desk, path, viewport={"width": width, "height": 900}, color_scheme=scheme)
    video = page.locator("video")
    expect(video).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", name="The film")).to_be_visible()
    page.wait_for_load_state("networkidle")
    picture = Image.open(BytesIO(video.screenshot())).convert("L")
    assert ImageStat.Stat(picture).stddev[0] > 15, "the poster is there before anything is played"
    expect(video).to_have_js_property("readyState", 0)
    play_to_its_end(video)
    fits(page)
    no_cookies(page.context)


@pytest.mark.parametrize("name", ["takes", "stills", "song", "model"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_kind_of_result_fits(
    desk: Desk, studio: Studio, reels: dict[str, str], name: str, width: int
) -> None:
    page = stranger(desk, share(studio, reels[name]), viewport={"width": width, "height": 900})
    expect(page.locator(".stage").first).to_be_visible()
    fits(page)
    no_cookies(page.context)


def test_several_takes_are_gone_through(desk: Desk, studio: Studio, reels: dict[str, str]) -> None:
    page = stranger(desk, share(studio, reels["takes"]))
    expect(page.locator(".stage:visible")).to_have_count(1)
    page.locator(".strip a").nth(1).click()
    expect(page.locator(".stage:visible figcaption")).to_contain_text("Take 2")
    play_to_its_end(page.locator(".stage:visible video"))


@pytest.fixture
def unfinished(studio: Studio, account: OwnAccount) -> tuple[OwnAccount, Any, dict[str, object]]:
    """A running task, and how it stands once it is done: with a film that lies at its provider."""
    task = account.track("Harbour at dawn")
    url = studio.provider.give(f"/files/{task.id}.mp4", FILM, "video/mp4")
    return account, task, DONE | {"video_url": url, "video": {"url": url, "duration": 4}}


def test_a_page_made_before_the_end_becomes_the_player_by_itself(
    desk: Desk, studio: Studio, unfinished: tuple[OwnAccount, Any, dict[str, object]]
) -> None:
    account, task, done = unfinished
    page = stranger(desk, share(studio, task.id))
    with no_reload(page):
        expect(page.locator(".wait")).to_contain_text("40 %")
        account.say(task, RUNNING | {"progress": 62})
        expect(page.locator(".wait")).to_contain_text("62 %")
        account.say(task, done)
        video = page.locator("video")
        expect(video).to_be_visible()
        play_to_its_end(video)
    no_cookies(page.context)


def test_without_javascript_it_becomes_the_player_too(
    desk: Desk, studio: Studio, unfinished: tuple[OwnAccount, Any, dict[str, object]]
) -> None:
    account, task, done = unfinished
    page = stranger(desk, share(studio, task.id), java_script_enabled=False)
    expect(page.locator(".wait")).to_contain_text("40 %")
    account.say(task, done)
    expect(page.locator("video[controls]")).to_be_visible()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()


def test_a_password_is_asked_for_and_remembered_by_one_cookie(
    desk: Desk, studio: Studio, reels: dict[str, str]
) -> None:
    path = share(studio, reels["film"], password="under the bridge")
    page = stranger(desk, path)
    expect(page.get_by_label("Password")).to_be_focused()
    assert "film" not in page.content()
    no_cookies(page.context)
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    page.get_by_label("Password").fill("under the bridge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The film")).to_be_visible()
    play_to_its_end(page.locator("video"))
    (cookie,) = page.context.cookies()
    assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == (path, True, "Lax")


def test_without_javascript_a_password_opens_it_as_well(
    desk: Desk, studio: Studio, reels: dict[str, str]
) -> None:
    path = share(studio, reels["takes"], password="under the bridge")
    page = stranger(desk, path, java_script_enabled=False)
    page.get_by_label("Password").fill("under the bridge")
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".stage:visible video[controls]")).to_have_count(1)
    page.locator(".strip a").nth(2).click()
    expect(page.locator(".stage:visible figcaption")).to_contain_text("Take 3")


def test_it_answers_as_safari_asks(studio: Studio, reels: dict[str, str]) -> None:
    page = httpx.get(studio.url + share(studio, reels["film"]), trust_env=False)
    source = re.findall(r'<video [^>]*src="([^"]+)"', page.text)[0]

    def part(asked: str) -> httpx.Response:
        return httpx.get(studio.url + source, headers={"Range": f"bytes={asked}"}, trust_env=False)

    first = part("0-1")
    size = int(first.headers["Content-Range"].rpartition("/")[2])
    assert (first.status_code, len(first.content), first.headers["Accept-Ranges"]) == (206, 2, "bytes")
    whole = part(f"0-{size - 1}")
    assert (whole.status_code, len(whole.content)) == (206, size)
    assert part(f"{size - 10}-").content == whole.content[-10:]
    assert whole.content[:2] == first.content


def test_a_visit_is_a_view_and_the_team_s_own_look_is_none(
    desk: Desk, studio: Studio, reels: dict[str, str]
) -> None:
    path = share(studio, reels["upright"])
    desk.open(path, "mira")
    assert views(studio, reels["upright"])[0] == 0
    page = stranger(desk, path, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
    play_to_its_end(page.locator("video"))
    page.reload()
    assert views(studio, reels["upright"])[0] == 1


def test_a_link_is_made_copied_and_ended_on_the_task_page(
    desk: Desk, studio: Studio, account: OwnAccount
) -> None:
    task = account.track("Harbour at dawn", DONE)
    page = desk.open(task.path)
    other = desk.open(task.path, "jonas")
    expect(page.locator("#shares")).to_contain_text("no link")
    page.keyboard.press("s")
    dialog = page.get_by_role("dialog", name="Share this task")
    expect(dialog.get_by_label("Works for")).to_have_value("604800")
    dialog.get_by_role("button", name="Make a link").click()
    page.bring_to_front()
    field = page.get_by_label("New link")
    expect(field).to_be_focused()
    url = field.input_value()
    assert url.startswith(f"{studio.url}/s/")
    expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy=made-link]")).to_have_text("Copied")
    expect(other.locator("#shares")).to_contain_text("1 link")
    expect(stranger(desk, urlsplit(url).path).get_by_role("heading", name="Harbour at dawn")).to_be_visible()
    expect(page.locator("#shares li")).to_contain_text("1 view")
    revoke = page.locator("#shares").get_by_role("button", name="Revoke")
    revoke.click()
    expect(page.locator("#shares").get_by_role("button", name="Click again to revoke")).to_be_visible()
    page.locator("#shares").get_by_role("button", name="Click again to revoke").click()
    expect(page.locator("#shares")).to_contain_text("no link")
    expect(other.locator("#shares")).to_contain_text("no link")
    assert httpx.get(url, trust_env=False).status_code == 404


def test_a_link_is_changed_in_a_dialog(desk: Desk, account: OwnAccount, studio: Studio) -> None:
    task = account.track("Harbour at dawn", DONE)
    share(studio, task.id)
    page = desk.open(task.path)
    page.locator("#shares").get_by_role("link", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change a link")
    dialog.get_by_text("Title and note").click()
    dialog.get_by_label("Title").fill("For the jury")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#shares li")).to_contain_text("For the jury")


def test_selected_tasks_are_shared_as_a_gallery(desk: Desk, account: OwnAccount) -> None:
    for title in ("Dunes", "Harbour"):
        account.track(title, DONE)
    page = desk.open(account.list())
    for box in page.locator("#rows .box").all():
        box.check(force=True)
    page.locator("#bulk").get_by_role("button", name="Share…").click()
    dialog = page.get_by_role("dialog", name="Share 2 tasks")
    dialog.get_by_role("button", name="Make a link").click()
    expect(page).to_have_url(re.compile(r"/shares#made$"))
    path = urlsplit(page.get_by_label("New link").input_value()).path
    expect(page.locator(".share-list li").first).to_contain_text("2 tasks")
    seen = stranger(desk, path, viewport={"width": 390, "height": 900})
    expect(seen.locator(".piece")).to_have_count(2)
    fits(seen)


def test_without_javascript_a_link_is_made_by_plain_forms(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn", DONE)
    page = desk.open(task.path, java_script_enabled=False)
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("New link")).to_have_value(re.compile("/s/.{32}/$"))
    page.locator("#shares").get_by_role("button", name="Revoke").click()
    expect(page.locator("#shares")).to_contain_text("no link")


def test_viewers_see_links_and_no_buttons(desk: Desk, account: OwnAccount, studio: Studio) -> None:
    task = account.track("Harbour at dawn", DONE)
    share(studio, task.id)
    page = desk.open(task.path, "vera")
    expect(page.locator("#shares")).to_contain_text("1 link")
    expect(page.locator("#shares").get_by_role("button")).to_have_count(0)
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/shares")
    expect(page.locator(".share-list li").first).to_contain_text("view")
    expect(page.locator(".share-list").get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_team_s_pages_of_shares_fit(desk: Desk, account: OwnAccount, studio: Studio, width: int) -> None:
    task = account.track("Unbroken" * 30, DONE)
    share(studio, task.id)
    page = desk.page("mira", viewport={"width": width, "height": 900})
    for path in ("/shares", f"/shares/new?task={task.id}", task.path):
        page.goto(path)
        fits(page)
