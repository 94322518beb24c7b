"""Pages as people open them. Whatever a browser complains about on any of them fails the test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.studio import SESSION

PATIENCE_MS = 20_000
GIVEN_UP = "net::ERR_ABORTED"
"""A page that goes elsewhere, or a search typed further, gives up what it asked for: that is no failure."""

DRAWING = ("GL Driver Message", "rAF timed out")
"""What a machine without a graphics card, or a busy one, says of drawing in 3D."""


class Desk:
    """Opens pages of one installation; `sessions` are the cookies of the people who may sit here."""

    def __init__(self, browser: Browser, url: str, sessions: Mapping[str, str]) -> None:
        self._browser = browser
        self._sessions = sessions
        self._contexts: list[BrowserContext] = []
        self.url = url
        self.problems: list[str] = []

    def page(self, person: str = "", *, network_fails: bool = False, **options: Any) -> Page:
        """An empty page in a browser of its own, signed in as `person`.

        `network_fails`: the test cuts connections, so only errors of the scripts themselves count.
        """
        wanted: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "base_url": self.url} | options
        context = self._browser.new_context(**wanted)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if person:
            context.add_cookies([{"name": SESSION, "value": self._sessions[person], "url": self.url}])
        context.on("weberror", lambda found: self.problems.append(f"script: {found.error}"))
        if not network_fails:
            self._watch(context)
        return context.new_page()

    def open(self, path: str, person: str = "mira", **options: Any) -> Page:
        page = self.page(person, **options)
        page.goto(path)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _watch(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failed)
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        """A breach of the content policy is told here as well."""
        if message.type in {"error", "warning"} and not any(word in message.text for word in DRAWING):
            self.problems.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", f"blob:{self.url}/", "data:image/")):
            self.problems.append(f"left the site: {request.url}")

    def _on_failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self.problems.append(f"{request.failure}: {request.method} {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")


@contextmanager
def desk_at(browser: Browser, url: str, sessions: Mapping[str, str] | None = None) -> Iterator[Desk]:
    desk = Desk(browser, url, sessions or {})
    try:
        yield desk
    finally:
        desk.close()
    assert not desk.problems, "\n".join(desk.problems)


@contextmanager
def no_reload(page: Page) -> Iterator[None]:
    """What happens in the block comes to the page as it is: the document stays the same one."""
    page.evaluate("window.sameDocument = true")
    yield
    assert page.evaluate("window.sameDocument") is True
