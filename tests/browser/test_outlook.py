"""What is said of a running task's end moves with time in the browser, in the very words of the server."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.outlook import between, estimate, left, says
from dashboard.usual import Usual
from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

SPANS = [(low, low * times) for low in (0.4, 2, 21, 44, 89, 130, 600, 5000) for times in (1, 1.4, 2.5, 7)]
CASES = [
    (Usual(low, low * 1.5, low * 2), low * ran, percent, low * ran * heard)
    for low in (3.0, 60.0, 1000.0)
    for ran in (0.1, 0.7, 1.2, 2.9, 3.1, 5.9, 6.1)
    for percent in (None, 0, 4, 5, 50, 99, 100)
    for heard in (0.3, 1.0)
]
ASK = """async ([spans, cases, moments]) => {
    const loaded = performance.getEntriesByType("resource").map((one) => one.name);
    const url = loaded.find((name) => /outlook[^/]*[.]js/.test(name));
    const { between, estimate, left, says } = await import(url);
    return {
        spans: spans.map(([low, high]) => between(low, high)),
        says: cases.map(([low, middle, high, ...rest]) => says({ low, middle, high }, ...rest)),
        left: moments.map(left),
        estimate: moments.map((one) => estimate(one / 60)),
    };
}"""
PUT = """(ran) => {
    const item = document.createElement("div");
    item.id = "still";
    item.dataset.version = "1";
    const bar = document.createElement("progress");
    bar.max = 100;
    const begun = new Date(Date.now() - ran * 1000).toISOString();
    Object.assign(bar.dataset, { begun, low: 90, middle: 100, high: 110, told: 0 });
    for (const name of ["outlook", "about", "stuck"]) {
        const one = document.createElement("span");
        one.dataset[name] = "";
        item.append(one);
    }
    item.append(bar);
    document.querySelector("main").append(item);
}"""


def moved(page: Page, ran_s: float) -> Any:
    page.evaluate("document.getElementById('still')?.remove()")
    page.evaluate(PUT, ran_s)
    return page.locator("#still")


def test_browser_and_server_use_the_same_words(desk: Desk) -> None:
    page = desk.open("/")
    moments = [0.2, 5, 14.9, 15, 44, 61, 89, 90, 150, 1000, 5399, 5400, 20000]
    cases = [[usual.low_s, usual.middle_s, usual.high_s, *rest] for usual, *rest in CASES]
    found = page.evaluate(ASK, [SPANS, cases, moments])
    assert found["spans"] == [between(low, high) for low, high in SPANS]
    assert found["says"] == [says(usual, ran, percent, told) for usual, ran, percent, told in CASES]
    assert found["left"] == [left(one) for one in moments]
    assert found["estimate"] == [estimate(one / 60) for one in moments]


def test_the_bar_and_the_words_follow_time(desk: Desk) -> None:
    page = desk.open("/")
    still = moved(page, 50)
    expect(still.locator("[data-outlook]")).to_have_text("usually about 2 min")
    expect(still.locator("[data-about]")).to_have_text("≈ 40 %, ")
    expect(still.locator("[data-stuck]")).to_be_hidden()
    still = moved(page, 250)
    expect(still.locator("[data-outlook]")).to_have_text("taking longer than usual")
    expect(still.locator("progress")).to_have_class("slow")
    still = moved(page, 450)
    expect(still.locator("[data-outlook]")).to_have_text("maybe stuck")
    expect(still.locator("[data-stuck]")).not_to_have_attribute("hidden", "")
