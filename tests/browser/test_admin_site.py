"""The admin site in a browser, and what its actions do to pages that are open elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, no_reload
from tests.browser.studio import OwnAccount
from tests.processes import PASSWORD

pytestmark = pytest.mark.browser

LISTS = ("task", "account", "result", "event", "rawanswer", "apitoken", "poller", "accountuse")


def test_a_manager_stops_a_task_there_and_it_leaves_the_open_list_here(
    desk: Desk, account: OwnAccount
) -> None:
    stopped, stays = account.track("Stopped in the admin site"), account.track("Stays")
    page = desk.open(account.list())
    expect(page.locator("#rows .chip")).to_have_text(["Running 40 %"] * 2)
    admin = desk.open("/admin/tasks/task/", "")
    admin.get_by_label("Username").fill("boss")
    admin.get_by_label("Password").fill(PASSWORD)
    admin.get_by_role("button", name="Sign in").click()
    with no_reload(page):
        admin.locator(f'[name="_selected_action"][value="{stopped.id}"]').check()
        admin.get_by_label("Action:").select_option(label="Stop tracking")
        admin.locator(".actions button[type=submit]").click()
        expect(admin.locator(".messagelist")).to_contain_text("1 moved to the trash.")
        expect(page.locator(stopped.row)).to_have_count(0)
        expect(page.locator(stays.row)).to_be_visible()


def test_every_list_opens(desk: Desk, account: OwnAccount) -> None:
    account.track("Harbour at dawn")
    page = desk.page("boss")
    for name in LISTS:
        page.goto(f"/admin/tasks/{name}/")
        expect(page.locator("#changelist")).to_be_visible()
