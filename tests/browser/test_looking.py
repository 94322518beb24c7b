"""Results on their task's page: played, enlarged, turned, read; by mouse, by keyboard, while things change."""

import re
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk, no_reload
from tests.browser.studio import Studio

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)
DRAWN_MS = 120_000
"""A model drawn without a graphics card, on a machine that does other things as well."""
HALF_AND_MORE = re.compile(r"^(1[5-9]|[23]\d)\d(\.|$)")
"""Of a waveform 320 wide."""


def open_task(desk: Desk, reels: dict[str, str], name: str, **options: Any) -> Page:
    page = desk.open(f"/tasks/{reels[name]}", **options)
    expect(page.locator("#stages")).to_be_visible()
    return page


def height_of(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["height"]


def variety(locator: Locator) -> float:
    """How different the points of a picture are: none for a black box."""
    picture = Image.open(BytesIO(locator.screenshot())).convert("L")
    return float(ImageStat.Stat(picture).stddev[0])


def now_at(media: Locator) -> float:
    found = media.evaluate("media => media.currentTime")
    assert isinstance(found, int | float)
    return float(found)


def becomes(media: Locator, name: str) -> None:
    expect(media).to_have_js_property(name, value=True)


def plays(media: Locator) -> None:
    media.evaluate(
        "media => new Promise((go) => { const look = () => "
        "media.currentTime > 0 && !media.paused ? go() : setTimeout(look, 20); look(); })"
    )


def pin_elsewhere(studio: Studio, page: Page) -> None:
    """Somebody pins the first result: its task has a new version, and the page shows it."""
    pin = page.locator(".stage button[name=pinned]").first
    path = pin.get_attribute("formaction")
    assert path
    for pinned in ("1", ""):
        studio.post(path, pinned=pinned)
        expect(pin).to_have_attribute("aria-pressed", "true" if pinned else "false")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_video_shows_its_poster_plays_and_seeks_to_its_end(
    desk: Desk, reels: dict[str, str], width: int
) -> None:
    page = open_task(desk, reels, "film", viewport={"width": width, "height": 900})
    video = page.locator("video")
    expect(video).to_be_in_viewport(ratio=1)
    expect(video).to_have_js_property("readyState", 0)
    page.wait_for_load_state("networkidle")
    assert variety(video) > 15
    before = height_of(video)
    page.keyboard.press("Space")
    plays(video)
    assert height_of(video) == pytest.approx(before, abs=1)
    video.evaluate("video => { video.currentTime = video.duration - 0.2; }")
    becomes(video, "ended")
    assert now_at(video) == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_upright_video_is_seen_whole(desk: Desk, reels: dict[str, str], width: int) -> None:
    page = open_task(desk, reels, "upright", viewport={"width": width, "height": 900})
    assert height_of(page.locator("video")) <= 0.72 * 900 + 1


def test_keys_play_mute_and_seek(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "film")
    video = page.locator("video")
    page.keyboard.press("m")
    becomes(video, "muted")
    page.keyboard.press("Space")
    plays(video)
    page.keyboard.press("Space")
    becomes(video, "paused")
    page.keyboard.press("ArrowRight")
    becomes(video, "ended")
    page.keyboard.press("ArrowLeft")
    assert now_at(video) == 0


def test_results_are_gone_through_and_linked(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "takes")
    stages, picks = page.locator(".stage"), page.locator(".strip a")
    expect(picks).to_have_count(4)
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 1")
    page.keyboard.press("]")
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 2")
    expect(picks.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Last frame")
    scrolled = page.evaluate("scrollTo(0, 200), scrollY")
    picks.nth(2).evaluate("link => link.click()")
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 3")
    assert page.evaluate("scrollY") == scrolled
    page.reload()
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 3")
    second = stages.nth(1).get_attribute("id")
    assert second
    page.goto(f"/tasks/{reels['takes']}?result={second.removeprefix('result-')}")
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 2")


def test_one_plays_at_a_time(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "takes")
    first, second = page.locator("video").nth(0), page.locator("video").nth(1)
    page.keyboard.press("Space")
    plays(first)
    page.keyboard.press("]")
    becomes(first, "paused")
    page.keyboard.press("Space")
    plays(second)
    first.evaluate("video => video.play()")
    becomes(second, "paused")


def test_a_change_of_the_task_interrupts_no_playing(
    desk: Desk, reels: dict[str, str], studio: Studio
) -> None:
    page = open_task(desk, reels, "takes")
    page.keyboard.press("]")
    video = page.locator("video").nth(1)
    video.evaluate("video => { video.loop = true; video.same = true; video.waits = 0; }")
    video.evaluate("video => video.addEventListener('pause', () => { video.waits += 1; })")
    page.keyboard.press("Space")
    plays(video)
    page.evaluate("scrollTo(0, 120)")
    with no_reload(page):
        pin_elsewhere(studio, page)
    assert video.evaluate("video => [video.same, video.paused, video.waits]") == [True, False, 0]
    assert page.evaluate("scrollY") == 120
    expect(page.locator(".strip a").nth(1)).to_have_attribute("aria-current", "true")


def test_an_image_is_enlarged_and_left_again(desk: Desk, reels: dict[str, str], studio: Studio) -> None:
    page = open_task(desk, reels, "stills")
    page.locator(".stage a[data-zoom]").first.click()
    box = page.get_by_role("dialog")
    picture = box.locator("img")
    expect(picture).to_be_visible()
    expect(box).to_contain_text("Image 1 · 1 of 2")
    before = height_of(picture)
    page.mouse.move(700, 450)
    page.mouse.wheel(0, -400)
    assert height_of(picture) == pytest.approx(before * 2.718, rel=0.05)
    page.keyboard.press("0")
    assert height_of(picture) == pytest.approx(before, abs=1)
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("Image 2 · 2 of 2")
    page.mouse.dblclick(700, 450)
    assert height_of(picture) > before * 2
    with no_reload(page):
        pin_elsewhere(studio, page)
    expect(box).to_contain_text("Image 2 · 2 of 2")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator(".stage a[data-zoom]").first).to_be_focused()


def test_two_fingers_draw_an_image_near(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "stills", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator(".stage a[data-zoom]").first.tap()
    picture = page.get_by_role("dialog").locator("img")
    before = height_of(picture)
    finger = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80), ("touchEnd", 0)):
        points = [{"x": 195 + side * apart, "y": 400, "id": side} for side in (-1, 1)] if apart else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(page.locator(".pane.near")).to_be_visible()
    assert height_of(picture) > before * 1.5


def test_a_sound_shows_how_far_it_is_and_goes_where_it_is_clicked(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "song")
    wave, sound = page.locator("[data-wave]"), page.locator("audio")
    box = wave.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    plays(sound)
    assert now_at(sound) >= 2.9
    expect(wave.locator("rect")).to_have_attribute("width", HALF_AND_MORE)
    expect(page.locator(".stage").first.locator(".words")).to_contain_text(
        "Line 1 of the <b>tide</b> comes in"
    )


def test_a_model_is_turned_in_the_page_without_asking_anybody_else(
    desk: Desk, reels: dict[str, str], studio: Studio
) -> None:
    page = open_task(desk, reels, "model")
    page.locator("a[data-model]").first.click()
    frame = page.frame_locator(".model iframe")
    expect(frame.locator("body[data-shown]")).to_be_visible(timeout=DRAWN_MS)
    assert variety(page.locator(".model iframe")) > 20
    page.evaluate("document.querySelector('.model iframe').contentWindow.same = true")
    with no_reload(page):
        pin_elsewhere(studio, page)
    assert page.evaluate("document.querySelector('.model iframe').contentWindow.same") is True


def test_other_files_are_cards_to_download(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "model")
    page.keyboard.press("]")
    card = page.locator(".stage").nth(1)
    expect(card).to_contain_text("OBJ model")
    with page.expect_download() as found:
        card.get_by_role("link", name="Download OBJ").click()
    assert found.value.suggested_filename.endswith(".obj")


def test_it_all_works_without_scripts(desk: Desk, reels: dict[str, str]) -> None:
    page = open_task(desk, reels, "takes", java_script_enabled=False)
    stages = page.locator(".stage")
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 1")
    page.locator(".strip a").nth(1).click()
    expect(stages.locator("visible=true")).to_have_attribute("aria-label", "Take 2")
    expect(stages.nth(1).locator("video[controls][poster][src]")).to_be_visible()
    page.goto(f"/tasks/{reels['stills']}")
    path = page.locator("a[data-zoom]").first.get_attribute("href")
    assert path
    assert page.request.get(path).headers["content-type"] == "image/webp"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", ["rows", "cards"])
def test_the_list_shows_posters_and_no_players(
    desk: Desk, reels: dict[str, str], view: str, width: int
) -> None:
    page = desk.open(f"/?account=reels&view={view}", viewport={"width": width, "height": 900})
    pictures = page.locator("#rows img")
    expect(pictures).to_have_count(4)
    for one in pictures.all():
        one.scroll_into_view_if_needed()
        one.evaluate("picture => picture.decode()")
    expect(page.locator("#rows .wave")).to_have_count(1)
    expect(page.locator("video, audio")).to_have_count(0)
