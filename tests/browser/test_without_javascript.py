"""Everything works with plain links and forms."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.provider import DONE, RUNNING
from tests.browser.studio import OwnAccount
from tests.processes import PASSWORD

pytestmark = pytest.mark.browser


def plain(desk: Desk, path: str, person: str = "mira") -> Page:
    return desk.open(path, person, java_script_enabled=False)


def titles(page: Page, *expected: str) -> None:
    expect(page.locator("#rows .what a")).to_have_text(list(expected))


def test_one_signs_in_and_arrives_where_one_wanted_to_go(desk: Desk, account: OwnAccount) -> None:
    task = account.track("Harbour at dawn")
    page = plain(desk, task.path, person="")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That username and password do not match.")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Harbour at dawn")).to_be_visible()


def test_the_list_filters_by_links_and_by_a_button(desk: Desk, account: OwnAccount) -> None:
    account.track("Harbour, done", DONE)
    account.track("Desert, running")
    page = plain(desk, account.list())
    titles(page, "Desert, running", "Harbour, done")
    expect(page.locator("noscript .live")).to_have_text("Not live: reload to see changes")
    page.get_by_role("searchbox").fill("desert")
    page.get_by_role("button", name="Filter").click()
    titles(page, "Desert, running")
    page.get_by_role("link", name="Gallery").click()
    expect(page.locator("#rows h3")).to_have_text(["Desert, running"])
    page.get_by_role("link", name="Desert, running").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_task_is_tracked_in_two_steps(desk: Desk, account: OwnAccount) -> None:
    remote_id = f"ldtask_{uuid4().hex}"
    account.studio.provider.say(remote_id, RUNNING)
    page = plain(desk, account.list(), "boss")
    page.goto("/track")
    page.get_by_role("textbox").first.fill(remote_id)
    page.get_by_role("button", name="Recognise").click()
    expect(page.get_by_role("status")).to_have_text("1 task recognised")
    page.get_by_label("LemonData account").select_option(account.slug)
    page.get_by_role("button", name="Track 1 task").click()
    expect(page.get_by_text(remote_id).first).to_be_visible()
    expect(page.locator(".meta")).to_contain_text(account.slug)


def test_stop_tracking_is_undone_by_the_notice_or_from_the_trash(desk: Desk, account: OwnAccount) -> None:
    title = f"Harbour {uuid4().hex[:6]}"
    task = account.track(title)
    page = plain(desk, task.path)
    page.get_by_role("button", name="Stop tracking").click()
    page.get_by_role("button", name="Undo").click()
    page.goto(task.path)
    page.get_by_role("button", name="Stop tracking").click()
    page.goto("/trash")
    page.get_by_role("button", name=f"Restore {title}").click()
    page.goto(account.list())
    titles(page, title)


def test_several_tasks_are_starred_tagged_and_archived(desk: Desk, account: OwnAccount) -> None:
    for name in ("One", "Two", "Three"):
        account.track(name, DONE)
    page = plain(desk, account.list())
    for name in ("One", "Three"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    form = page.get_by_role("form", name="Selection")
    form.get_by_role("button", name="Tag…").click()
    expect(page.get_by_role("heading", name="Tag 2 tasks")).to_be_visible()
    page.get_by_label("Tags").fill("trailer")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#rows .tag")).to_have_text(["trailer", "trailer"])
    page.get_by_label("Tag", exact=True).select_option("trailer")
    page.get_by_role("button", name="Filter").click()
    titles(page, "Three", "One")
    page.get_by_role("button", name="Star One").click()
    page.get_by_role("link", name="Starred").click()
    titles(page, "One")
    page.goto(account.list())
    for name in ("One", "Two"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    form.get_by_role("button", name="Archive").click()
    titles(page, "Three")
    page.get_by_role("button", name="Undo").click()
    titles(page, "Three", "Two", "One")


def test_a_task_is_tagged_and_renamed_on_its_page(desk: Desk, account: OwnAccount) -> None:
    page = plain(desk, account.track("Harbour", DONE, tags=["trailer"]).path)
    page.get_by_label("Add tags").fill("spring")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#tags li")).to_have_text(["trailer", "spring"])
    page.get_by_role("button", name="Remove the tag trailer").click()
    expect(page.locator("#tags li")).to_have_text(["spring"])
    page.get_by_label("Edit the title").click()
    page.get_by_label("Title", exact=True).fill("Harbour at dusk")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour at dusk")


def test_the_profile_the_theme_and_the_way_out_work(desk: Desk, account: OwnAccount) -> None:
    page = desk.page(java_script_enabled=False)
    page.goto("/login")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/profile")
    page.get_by_role("button", name="Theme: system").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_label("Theme", exact=True).select_option("system")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "system")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
