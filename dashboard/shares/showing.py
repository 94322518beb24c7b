"""What a share's page says, in words for strangers: nothing of accounts, errors or providers' own texts."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.paginator import Page, Paginator

from dashboard.exhibits import Exhibit, Show, exhibits_of
from dashboard.figures import counted, long_date
from dashboard.shares.door import Opened
from dashboard.templatetags.dailies import person_name
from dashboard.wording import KINDS, is_blocked
from tasks.exposure import Exposed, exposed_by
from tasks.models import Result, Task
from tasks.vocabulary import ACTIVE, Archive, Kind, Status

TITLE_FROM_PROMPT_MAX = 80
PER_PAGE = 12
"""Pieces on a page of a gallery: it has to be light before the first picture."""
FIRST_S, LATER_S = 3, 60
"""How often a page without JavaScript loads itself anew: while there is nothing to see yet, and afterwards."""


class ShareLinks:
    """Where a visitor finds the bytes of what a share shows."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def file(self, result: Result, *, download: bool = False) -> str:
        if not download:
            return self._opened.url("media", result.pk)
        allowed = self._opened.share.allow_download
        return self._opened.url("media", result.pk) + "?download=1" if allowed else ""

    def poster(self, result: Result) -> str:
        return self._opened.url("poster", result.pk)

    def viewer(self, result: Result) -> str:
        return self._opened.url("viewer", result.pk)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a task without results stands."""

    icon: str
    title: str
    says: str


@dataclass(frozen=True)
class Piece:
    """A task of the share, as it is shown."""

    task: Task
    title: str
    exhibits: list[Exhibit]
    prompt: str
    may_change: bool
    """Whether there is something to wait for: an end, or our own copy of a file."""

    @cached_property
    def digest(self) -> str:
        """Changes when what is shown of it does; that somebody looked, or starred the task, is nothing of it."""
        task = self.task
        facts = (self.title, self.prompt, task.status, task.progress, task.error_reason, task.model)
        return digest_of(facts, [_facts(one) for one in self.exhibits])

    @property
    def standing(self) -> Standing:
        return standing_of(self.task)

    @property
    def is_active(self) -> bool:
        return self.task.status in ACTIVE

    @property
    def is_running(self) -> bool:
        return self.task.status == Status.RUNNING

    @property
    def progress(self) -> int | None:
        """What the provider reported, while it is being made."""
        return self.task.progress if self.is_running else None

    @property
    def shows(self) -> bool:
        return self.task.status == Status.SUCCEEDED and bool(self.exhibits)

    @cached_property
    def lyrics(self) -> Exhibit | None:
        """The first text, to be read beside a sound."""
        return next((one for one in self.exhibits if one.show is Show.TEXT and one.excerpt), None)

    @property
    def made(self) -> str:
        """`Made with wan2.5 on 22 November 2026`."""
        if not self.shows:
            return ""
        at = self.task.finished_at or self.task.created_at
        model = f" with {self.task.model}" if self.task.model else ""
        return f"Made{model} on {long_date(at)}"


@dataclass(frozen=True)
class Showing:
    """Everything a share's page shows now."""

    opened: Opened
    pieces: list[Piece]
    number: int
    """Of the page that is asked for; a long gallery has several."""

    @property
    def is_gallery(self) -> bool:
        return len(self.pieces) > 1

    @cached_property
    def page(self) -> "Page[Piece]":
        return Paginator(self.pieces, PER_PAGE).get_page(self.number)

    @property
    def exhibits(self) -> list[Exhibit]:
        return [one for piece in self.pieces if piece.shows for one in piece.exhibits]

    @cached_property
    def title(self) -> str:
        """Its own; a gallery without one is counted."""
        if self.opened.share.title:
            return self.opened.share.title
        return f"{len(self.pieces)} pieces" if self.is_gallery else self.pieces[0].title

    @property
    def maker(self) -> str:
        return person_name(self.opened.share.created_by)

    @property
    def may_change(self) -> bool:
        return any(piece.may_change for piece in self.page)

    @property
    def reload_s(self) -> int:
        """Of a page without JavaScript; 0 for never. Nobody's film is broken off every few seconds."""
        if not any(piece.is_active for piece in self.page):
            return 0
        return LATER_S if self.exhibits else FIRST_S

    @property
    def summary(self) -> str:
        """One line of facts."""
        found = self.exhibits
        if not found:
            return self.pieces[0].standing.title
        if len(found) == 1:
            return " · ".join([*found[0].facts, self.pieces[0].made])
        kinds = {one.result.kind for one in found}
        noun = KINDS[Kind(kinds.pop())].lower() if len(kinds) == 1 else "file"
        return counted(len(found), noun if noun not in {"audio", "text", "other"} else "file")

    @property
    def status_url(self) -> str:
        return f"{self.opened.url('status')}?page={self.page.number}"

    @property
    def download_url(self) -> str:
        """Of the one file, or of all in one; "" where they may not be saved."""
        found = self.exhibits
        return found[0].download_url if len(found) == 1 else self.zip_url

    @property
    def zip_url(self) -> str:
        """All files in one; "" when there is only one, or they may not be saved."""
        several = sum(bool(one.download_url) for one in self.exhibits) > 1
        return self.opened.url("zip") if several else ""

    @property
    def digest(self) -> str:
        """Changes when anything on the page does."""
        share = self.opened.share
        facts = (share.title, share.note, share.allow_download, share.expires_at, len(self.pieces))
        return digest_of(facts, [(str(piece.task.pk), piece.digest) for piece in self.page])


def digest_of(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def showing_of(opened: Opened, page: str = "") -> Showing:
    """What the share shows now; never empty, since a share of nothing opens no door."""
    links, exposed = ShareLinks(opened), exposed_by(opened.share)
    pieces = [_piece(opened, one, links, alone=len(exposed) == 1) for one in exposed]
    return Showing(opened, pieces, int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1)


def _piece(opened: Opened, exposed: Exposed, links: ShareLinks, *, alone: bool) -> Piece:
    task, share = exposed.task, opened.share
    title = public_title(task, share.show_prompt)
    exhibits = [_for_strangers(one) for one in exhibits_of(exposed.results, links)]
    return Piece(
        task=task,
        title=title,
        exhibits=exhibits if alone else _named_after(title, exhibits),
        prompt=task.prompt if share.show_prompt else "",
        may_change=task.status in ACTIVE or _is_being_saved(exposed.results),
    )


def _named_after(title: str, exhibits: list[Exhibit]) -> list[Exhibit]:
    """In a gallery each says which task it is of."""
    if len(exhibits) == 1:
        return [replace(exhibits[0], name=title)]
    return [replace(one, name=f"{title} · {one.name}") for one in exhibits]


def _facts(one: Exhibit) -> tuple[object, ...]:
    """What a page shows of a result."""
    return (one.id, one.name, one.show, one.url, one.poster_url, one.download_url, one.says, one.facts)


def _for_strangers(one: Exhibit) -> Exhibit:
    if not one.says:
        return one
    gone = one.result.archive == Archive.EXPIRED
    return replace(one, says="This file is gone for good." if gone else "This file cannot be shown yet.")


def _is_being_saved(results: Iterable[Result]) -> bool:
    """Its poster and facts come with our own copy."""
    return any(result.archive == Archive.PENDING for result in results)


def public_title(task: Task, show_prompt: bool) -> str:
    """A task's own title; its prompt stands in for one only where the prompt may be seen. Never its remote id."""
    if task.title or not show_prompt or not task.prompt:
        return task.title or f"Untitled {KINDS[Kind(task.kind)].lower()}".replace(
            "untitled other", "Untitled"
        )
    text = task.prompt
    return (
        text if len(text) <= TITLE_FROM_PROMPT_MAX else text[:TITLE_FROM_PROMPT_MAX].rpartition(" ")[0] + "…"
    )


COMES = "It appears here by itself."
STANDINGS = {
    Status.SUBMITTING: Standing("st-queued", "Not begun yet", COMES),
    Status.UNCONFIRMED: Standing("st-queued", "Not begun yet", COMES),
    Status.QUEUED: Standing("st-queued", "Waiting for its turn", COMES),
    Status.RUNNING: Standing("st-running", "Being made", COMES),
    Status.FAILED: Standing("st-failed", "This one did not work out", "It could not be finished."),
    Status.CANCELED: Standing(
        "st-canceled", "This one was canceled", "It was stopped before it was finished."
    ),
    Status.LOST: Standing(
        "st-lost",
        "This one is overdue",
        "Nobody knows yet whether it still comes. If it does, it appears here.",
    ),
    Status.TIMED_OUT: Standing(
        "st-timed_out", "This one is overdue", "It takes longer than expected. If it comes, it appears here."
    ),
    Status.SUCCEEDED: Standing("info", "Nothing to show", "It was finished, but no file came of it."),
}
BLOCKED = Standing(
    "st-blocked",
    "This one was refused",
    "The service that was to make it declined, by its own content rules.",
)


def standing_of(task: Task) -> Standing:
    return BLOCKED if is_blocked(task) else STANDINGS[Status(task.status)]
