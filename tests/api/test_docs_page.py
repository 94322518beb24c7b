"""The API's own page in a real browser, against a real server: its policy forbids most of what such pages do."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"Dailies is ready at (http://\S+)/")
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a `serve` process with a data folder of its own."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--no-poller", "--port", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    with process:
        found = next(filter(None, map(READY.search, process.stdout)), None)
        try:
            assert found, "serve ended before it was ready"
            yield found[1]
        finally:
            process.terminate()


@pytest.mark.browser
def test_the_page_draws_every_call_and_breaks_no_policy(server: str) -> None:
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.extend([request.url] * (not _is_local(request.url, server))))
        page.goto(f"{server}/api/v1/docs")
        page.locator("#operations-Tasks-track_task .opblock-summary-control").click()
        page.locator("#operations-Tasks-track_task .try-out__btn").click()
        page.locator(".authorize").first.click()
        page.locator(".auth-container input").fill("dly_wrong")
        calls = page.locator(".opblock").count()
        browser.close()
    assert calls == 6
    assert said == []


def _is_local(url: str, server: str) -> bool:
    return url.startswith((f"{server}/", "data:"))
