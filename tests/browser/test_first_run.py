"""From the link that `serve` prints to a finished task, as a newcomer goes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.desk import Desk, desk_at, no_reload
from tests.browser.provider import DONE, RUNNING, Provider
from tests.browser.test_share import FILM, PLAYS
from tests.processes import PASSWORD, Served, ended

pytestmark = pytest.mark.browser

STOPS_MAX = 80


@pytest.fixture
def empty(chromium: Browser, tmp_path: Path) -> Iterator[Served]:
    """A server that has never run before."""
    with ended(Served(tmp_path / "data")) as served:
        assert isinstance(served, Served)
        yield served


@pytest.fixture
def desk(chromium: Browser, empty: Served) -> Iterator[Desk]:
    with desk_at(chromium, empty.url) as found:
        yield found


def make_manager(page: Page) -> None:
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Nothing in the can yet")).to_be_visible()


def add_account(page: Page, provider: Provider) -> None:
    page.get_by_role("link", name="Add an account").click()
    page.get_by_role("link", name="Connect LemonData").click()
    page.get_by_label("Name").fill("Studio Süd")
    expect(page.get_by_label("Slug")).to_have_value("studio-sud")
    page.get_by_label("Base URL").fill(provider.url)
    page.get_by_role("textbox", name="Key").fill("sk-test-0123456789abcdef")
    page.get_by_label("Poll interval").fill("0.2")
    page.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("heading", name="Studio Süd")).to_be_visible()


def track_by_pasting(page: Page, remote_id: str) -> None:
    page.wait_for_load_state()
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Track a task")
    dialog.get_by_role("textbox").first.fill(remote_id)
    expect(dialog.get_by_role("status")).to_have_text("1 task recognised")
    expect(dialog.locator(".found")).to_contain_text("Studio Süd")
    dialog.get_by_role("button", name="Track 1 task").click()
    page.wait_for_url("**/tasks/*")


def test_a_newcomer_gets_from_the_printed_link_to_a_finished_task(
    desk: Desk, empty: Served, provider: Provider
) -> None:
    remote_id = f"ldtask_{uuid4().hex}"
    provider.say(remote_id, RUNNING)
    link = empty.wait_for("/setup/")
    page = desk.page()
    page.goto(link)
    make_manager(page)
    assert page.request.get(link).status == 404
    watching = page.context.new_page()
    watching.goto("/")
    with no_reload(watching):
        add_account(page, provider)
        track_by_pasting(page, remote_id)
        row = watching.locator("#rows [data-version]")
        expect(row.locator(".chip")).to_have_text("Running 40 %")
        provider.say(remote_id, DONE)
        expect(row.locator(".chip")).to_have_text("Done")
    row.get_by_role("link").click()
    expect(watching.locator(".timeline")).to_contain_text("Done")
    expect(watching.locator("#asking")).to_contain_text("Finished")
    expect(watching.locator("#stages video")).to_have_attribute("src", re.compile(r"^/results/[0-9a-f-]{36}"))


def reach(page: Page, target: Locator) -> None:
    """Go there by Tab alone."""
    expect(target).to_be_visible()
    for _ in range(STOPS_MAX):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {target}")


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label).or_(page.get_by_role("combobox", name=label))
    reach(page, field.first)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def press_on(page: Page, role: Literal["link", "button"], name: str, key: str = "Enter") -> None:
    reach(page, page.get_by_role(role, name=name).first)
    page.keyboard.press(key)


def test_from_an_empty_page_to_a_shared_film_with_the_keyboard_alone(
    desk: Desk, empty: Served, provider: Provider
) -> None:
    remote_id = f"ldtask_{uuid4().hex}"
    film = provider.give(f"/{remote_id}.mp4", FILM, "video/mp4")
    provider.make("/v1/videos/generations", remote_id, RUNNING)
    page = desk.page()
    page.goto(empty.wait_for("/setup/"))
    fill(page, "Username", "ada")
    fill(page, "Password", PASSWORD)
    page.keyboard.press("Tab")
    fill(page, "The same again", PASSWORD)
    page.keyboard.press("Enter")
    press_on(page, "link", "Add an account")
    press_on(page, "link", "Connect LemonData")
    fill(page, "Name", "Studio")
    fill(page, "Base URL", provider.url)
    fill(page, "Key", "sk-test-0123456789abcdef")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Studio")).to_be_visible()
    page.wait_for_load_state()  # keys work once the scripts are there
    page.keyboard.press("n")
    press_on(page, "link", "Video")
    page.wait_for_load_state()
    fill(page, "Model", "veo3.1")
    fill(page, "Prompt", "A red fox in snow")
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_url("**/tasks/*")
    expect(page.locator(".chip").first).to_contain_text("Running")
    provider.say(remote_id, DONE | {"video_url": film, "video": {"url": film}})
    expect(page.locator("video")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_role("dialog", name="Share this task")).to_be_visible()
    press_on(page, "button", "Make a link")
    link = page.get_by_label("New link")
    expect(link).to_be_focused()
    stranger = desk.page()
    stranger.goto(link.input_value())
    expect(stranger.locator("video")).to_be_visible()
    stranger.keyboard.press("Space")
    stranger.locator("video").evaluate(PLAYS)
