"""Files given to the form of a new task by mouse, clipboard and choice; and the form around them."""

import base64
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.studio import OwnAccount
from tests.inputs.given import CHIME, png

pytestmark = pytest.mark.browser

GIVE = """
([kind, target, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const where = target ? document.querySelector(target) : document.body;
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent("drop", { ...options, dataTransfer: transfer });
  where.dispatchEvent(event);
  return event.defaultPrevented;
}
"""
"""What the browser does when somebody drops or pastes a file: no test can move one from outside."""
PICTURE, SOUND, MANY = (f'[data-name="p-{name}"]' for name in ("image_url", "audio_url", "reference_images"))


def give(page: Page, kind: str, target: str, name: str, data: bytes, type_: str = "image/png") -> None:
    assert page.evaluate(GIVE, [kind, target, name, type_, base64.b64encode(data).decode()])


def shown(page: Page, box: str, name: str) -> Locator:
    """A file that has arrived."""
    return page.locator(f"{box} .given:not(.going)").get_by_text(name)


def opened(desk: Desk, account: OwnAccount) -> Page:
    account.studio.provider.answer("/v1/models", {"data": [{"id": "sora-9"}, {"id": "gpt-9"}]})
    page = desk.page("mira")
    page.goto(f"/new?account={account.slug}&kind=video")
    expect(page.locator("#list-model option[value=sora-9]")).to_be_attached()
    return page


def test_a_picked_file_is_shown_and_taken_out_again(desk: Desk, account: OwnAccount, tmp_path: Path) -> None:
    page, file = opened(desk, account), tmp_path / "fox.png"
    file.write_bytes(png(31))
    box = page.locator(PICTURE)
    box.locator("input[type=file]").set_input_files(file)
    expect(shown(page, PICTURE, "fox.png")).to_be_visible()
    page.wait_for_function("document.querySelector('.given img').naturalWidth > 0")
    box.get_by_role("button", name="Remove fox.png").click()
    expect(box.locator(".given")).to_have_count(0)


def test_files_are_dropped_and_pasted_where_they_fit(desk: Desk, account: OwnAccount) -> None:
    page = opened(desk, account)
    give(page, "drop", PICTURE, "one.png", png(41))
    expect(shown(page, PICTURE, "one.png")).to_be_visible()
    give(page, "drop", PICTURE, "two.png", png(42))  # a field for one keeps the last
    expect(shown(page, PICTURE, "two.png")).to_be_visible()
    expect(page.locator(f"{PICTURE} .given")).to_have_count(1)
    page.get_by_text("More", exact=False).locator("visible=true").locator("xpath=self::summary").first.click()
    give(page, "paste", "", "chime.wav", CHIME.read_bytes(), "audio/wav")
    expect(shown(page, SOUND, "chime.wav")).to_be_visible()
    for shade in (43, 44):
        give(page, "drop", MANY, f"{shade}.png", png(shade))
    expect(page.locator(f"{MANY} .given:not(.going)")).to_have_count(2)


def test_what_is_refused_is_said_beside_the_field(desk: Desk, account: OwnAccount) -> None:
    page = desk.page("mira", network_fails=True)
    page.goto(f"/new?account={account.slug}&kind=video")
    give(page, "drop", PICTURE, "chime.png", CHIME.read_bytes())
    expect(page.locator(f"{PICTURE} [data-trouble]")).to_have_text(
        "chime.png: The file is a sound, not a picture."
    )
    expect(page.locator(f"{PICTURE} .given")).to_have_count(0)


def test_an_earlier_file_is_chosen_and_the_call_begins_from_it(desk: Desk, account: OwnAccount) -> None:
    page = opened(desk, account)
    give(page, "drop", PICTURE, "first.png", png(51))
    expect(shown(page, PICTURE, "first.png")).to_be_visible()
    page.reload()
    page.locator(f"{PICTURE} [data-choose]").click()
    dialog = page.get_by_role("dialog", name="Choose from your pictures")
    dialog.get_by_role("button", name="first.png").click()
    expect(dialog).to_have_count(0)
    expect(shown(page, PICTURE, "first.png")).to_be_visible()
    sent = account.studio.provider.listen("/v1/videos/generations", {"id": "ldtask_1", "status": "pending"})
    page.get_by_label("Prompt", exact=False).first.fill("The fox runs")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/tasks/"))
    expect(page.get_by_text("Queued").first).to_be_visible()
    body = json.loads(sent[0])
    assert body["image_url"] == "data:image/png;base64," + base64.b64encode(png(51)).decode()


def test_a_table_is_told_line_by_line_and_then_sent(desk: Desk, account: OwnAccount) -> None:
    page = opened(desk, account)
    page.get_by_text("Several at once").click()
    page.get_by_label("Table").fill("prompt,duration\nA fox,900\nA hare,4")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Line 2: Length must be at most 600.")).to_be_visible()
    page.get_by_label("Table").fill("prompt,duration\nA fox,8\nA hare,4")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="2 tasks together")).to_be_visible()
    expect(page.get_by_role("link", name="A hare")).to_be_visible()


def test_without_javascript_files_travel_with_the_form(
    desk: Desk, account: OwnAccount, tmp_path: Path
) -> None:
    file = tmp_path / "fox.png"
    file.write_bytes(png(61))
    page = desk.page("mira", java_script_enabled=False)
    page.goto(f"/new?account={account.slug}&kind=video")
    page.locator(f"{PICTURE} input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Make it").last.click()
    expect(page.get_by_text("Prompt is needed.")).to_be_visible()
    expect(shown(page, PICTURE, "fox.png")).to_be_visible()
    page.locator(PICTURE).get_by_label("Leave it out").check()
    page.get_by_label("Prompt", exact=False).first.fill("A fox")
    page.get_by_role("button", name="Make it").last.click()
    expect(page).to_have_url(re.compile("/tasks/"))
