"""The demo, as a newcomer meets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import desk_at, no_reload
from tests.processes import Served, ended

pytestmark = pytest.mark.browser

SOON_MS = 10_000
MOVED = """before => [...document.querySelectorAll("#rows [data-version]")]
    .some(row => !(row.id in before) || before[row.id] !== row.dataset.version)"""


@pytest.fixture
def demo(chromium: Browser, tmp_path: Path) -> Iterator[Served]:
    with ended(Served(tmp_path / "data", "--demo")) as served:
        assert isinstance(served, Served)
        yield served


def test_its_link_signs_in_and_something_moves_within_ten_seconds(chromium: Browser, demo: Served) -> None:
    with desk_at(chromium, demo.url) as desk:
        page = desk.page()
        page.goto(demo.wait_for("/enter/"))
        rows = page.locator("#rows [data-version]")
        expect(rows).to_have_count(50)
        with no_reload(page):
            before = rows.evaluate_all(
                "rows => Object.fromEntries(rows.map(row => [row.id, row.dataset.version]))"
            )
            page.wait_for_function(MOVED, arg=before, timeout=SOON_MS)
        page.goto("/accounts")
        expect(page.locator(".account")).to_have_count(6)
