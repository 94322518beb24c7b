"""A task as HTML. It depends on the task alone, so that one rendering serves every reader.

The pages print their rows through `render_task`, and the hub sends the same to open pages. What is
personal comes from attributes of `<body>`: whether one may act, and the zone of the times.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString

from dashboard.exhibits import Exhibit, Show, exhibits_of
from dashboard.figures import clock, counted, size
from dashboard.own_links import OWN_LINKS
from dashboard.pictures import Picture, picture_of
from dashboard.raw_answers import highlighted, mask_queries
from dashboard.results import measures
from dashboard.safety import is_saving
from dashboard.wording import (
    BLOCKED,
    CHIPS,
    EVENTS,
    KINDS,
    REASONS,
    SAVING,
    Chip,
    Verdict,
    chip_of,
    is_blocked,
    took_s,
)
from dashboard.wording import sentence as sentence_of
from dashboard.wording import verdict as verdict_of
from tasks.canceling import ref_of
from tasks.exposure import shares_of
from tasks.models import Event, RawAnswer, Result, Share, Submission, Task
from tasks.vocabulary import WAITING, EventType, Health, Kind, Reason, Status

View = Literal["rows", "cards", "task"]
TEMPLATES: dict[View, str] = {
    "rows": "tasks/_row.html",
    "cards": "tasks/_card.html",
    "task": "tasks/_task.html",
}
HISTORY_SHOWN = 200
TITLE_FROM_PROMPT_MAX = 100
TILE_WORDS_MAX = 140
NOTICED_MAX_S = 3600
TAGS_SHOWN = 3
TAG_SHOWN_MAX = 24


def render_task(task: Task, view: View) -> str:
    """The HTML of one task, loaded with `with_owner()`; view "task" asks for history and raw answer itself."""
    return get_template(TEMPLATES[view]).render({"task": task, "shown": Shown(task)})


@cache
def _star_urls() -> dict[bool, str]:
    return {True: reverse("tasks-star"), False: reverse("tasks-unstar")}


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history."""

    event: Event
    icon: str
    css: str
    word: str
    message: str


@dataclass(frozen=True)
class Shown:
    """A task with everything its pages say of it; what is "" is not known."""

    task: Task

    @cached_property
    def url(self) -> str:
        return reverse("task", args=[self.task.pk])

    @cached_property
    def title(self) -> str:
        """What people call it; a prompt that stands in for a title ends after a word."""
        prompt = self.task.prompt
        if self.task.title or len(prompt) <= TITLE_FROM_PROMPT_MAX:
            return self.task.title or prompt or self.task.shown_title
        return prompt[:TITLE_FROM_PROMPT_MAX].rpartition(" ")[0] + "…"

    @property
    def star_url(self) -> str:
        """Where the star's button leads: to the other state."""
        return _star_urls()[not self.task.starred]

    @property
    def other_star_url(self) -> str:
        return _star_urls()[self.task.starred]

    @property
    def few_tags(self) -> list[str]:
        """What a row has room for."""
        return [str(tag)[:TAG_SHOWN_MAX] for tag in self.task.tags[:TAGS_SHOWN]]

    @property
    def more_tags(self) -> int:
        return max(0, len(self.task.tags) - TAGS_SHOWN)

    @cached_property
    def chip(self) -> Chip:
        return chip_of(self.task)

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Of the task page, where Blocked stands beside Failed, and Saving copy beside Done."""
        if is_blocked(self.task):
            return CHIPS[Status.FAILED], BLOCKED
        return (self.chip, SAVING) if self.is_saving else (self.chip,)

    @cached_property
    def is_saving(self) -> bool:
        return any(is_saving(result) for result in self.results)

    @property
    def kind(self) -> str:
        return KINDS[Kind(self.task.kind)]

    @cached_property
    def kind_icon(self) -> str:
        return f"k-{self.task.kind}"

    @cached_property
    def provider(self) -> str:
        return self.task.account.provider_module.NAME

    @cached_property
    def results(self) -> list[Result]:
        return list(self.task.results.all())

    @cached_property
    def exhibits(self) -> list[Exhibit]:
        return exhibits_of(self.results, OWN_LINKS)

    @property
    def has_several(self) -> bool:
        return len(self.exhibits) > 1

    @cached_property
    def lyrics(self) -> Exhibit | None:
        """The first text, to be read beside a sound."""
        return next((one for one in self.exhibits if one.show is Show.TEXT and one.excerpt), None)

    @property
    def download_url(self) -> str:
        """Of the only file, else of a zip of those that are stored; "" while there is nothing to be had."""
        if not self.has_several:
            return self.exhibits[0].download_url if self.exhibits else ""
        stored = any(result.is_stored for result in self.results)
        return f"{reverse('results-zip')}?task={self.task.pk}" if stored else ""

    @cached_property
    def picture(self) -> Picture | None:
        return picture_of(self.results)

    @cached_property
    def shows_picture(self) -> bool:
        """Of a card: what went wrong goes before a picture."""
        return self.picture is not None and not self.sentence

    @property
    def plays(self) -> bool:
        return any(result.kind in {Kind.VIDEO, Kind.AUDIO} for result in self.results)

    @property
    def card_chip(self) -> Chip:
        """Saving copy while it goes well; what takes many attempts is Done all the same."""
        goes_well = any(is_saving(result) and not result.problem for result in self.results)
        return SAVING if goes_well and self.task.status == Status.SUCCEEDED else self.chip

    @property
    def small(self) -> str:
        """Provider, model, and what the first file told of itself."""
        first = self.results[0] if self.results else None
        parts = [self.provider, self.task.model, *(measures(first) if first else ())]
        return " · ".join(part for part in parts if part)

    @property
    def length(self) -> str:
        """Of the first file that has one: `0:08`."""
        known = [result.duration_s for result in self.results if result.duration_s]
        return clock(known[0]) if known else ""

    @property
    def files(self) -> str:
        """`3 files · 58 MB`, the size only when that of all of them is known."""
        if not self.results:
            return ""
        known = [result.bytes for result in self.results if result.bytes is not None]
        count = counted(len(self.results), "file")
        return f"{count} · {size(sum(known))}" if len(known) == len(self.results) else count

    @property
    def took(self) -> str:
        seconds = took_s(self.task)
        return "" if seconds is None else clock(seconds)

    @property
    def waited(self) -> str:
        """Before it started."""
        started_at = self.task.started_at
        if started_at is None or started_at <= self.task.created_at:
            return ""
        return clock((started_at - self.task.created_at).total_seconds())

    @property
    def ran(self) -> str:
        begun_at, ended_at = self.task.started_at, self.task.finished_at
        if begun_at is None or ended_at is None or ended_at <= begun_at:
            return ""
        return clock((ended_at - begun_at).total_seconds())

    @cached_property
    def sentence(self) -> str:
        return sentence_of(self.task)

    @cached_property
    def verdict(self) -> Verdict | None:
        return verdict_of(self.task)

    @property
    def tile_words(self) -> str:
        """What a tile without a picture says: the prompt's beginning, unless the title says it already."""
        return self.task.prompt[:TILE_WORDS_MAX] if self.task.title else ""

    @property
    def reason(self) -> str:
        return REASONS[Reason(self.task.error_reason)] if self.task.error_reason else ""

    @property
    def poll_url(self) -> str:
        return mask_queries(self.task.poll_url)

    @property
    def gap_s(self) -> int | None:
        """Between the last ask and the next, in whole seconds."""
        last_at, next_at = self.task.last_poll_at, self.task.next_poll_at
        if last_at is None or next_at is None:
            return None
        return max(1, round((next_at - last_at).total_seconds()))

    @property
    def noticed_s(self) -> str:
        """Seconds from the provider's own end to our seeing it."""
        if self.task.finished_at is None:
            return ""
        seconds = (self.task.status_at - self.task.finished_at).total_seconds()
        return f"{seconds:.1f}" if 0.05 <= seconds < NOTICED_MAX_S else ""

    @cached_property
    def can_run_again(self) -> bool:
        """Whether it was made here, so that its parameters are known."""
        return Submission.objects.filter(pk=self.task.pk).exists()

    @property
    def can_cancel(self) -> bool:
        """Whether its provider takes a cancel, or nobody has been told of it yet."""
        if self.task.status == Status.SUBMITTING:
            return True
        takes = self.task.account.provider_module.cancel_request(ref_of(self.task)) is not None
        return takes and self.task.status in WAITING

    @property
    def is_paused(self) -> bool:
        return self.task.account.shown_health is Health.PAUSED

    @property
    def is_refused(self) -> bool:
        return self.task.account.shown_health is Health.UNAUTHORIZED

    @cached_property
    def shares(self) -> list[Share]:
        """Its links that were not revoked, the newest first."""
        return shares_of(self.task)

    @cached_property
    def history(self) -> list[Happened]:
        """The newest facts, oldest first."""
        newest = self.task.events.order_by("-at", "-id")[:HISTORY_SHOWN]
        return [_happened(event) for event in reversed(newest)]

    @cached_property
    def raw(self) -> RawAnswer | None:
        return RawAnswer.objects.filter(task=self.task.pk).first()

    @property
    def raw_html(self) -> SafeString:
        return highlighted(self.raw.text if self.raw else "")

    @property
    def raw_size(self) -> str:
        return size(len(self.raw.text.encode())) if self.raw else ""


def _happened(event: Event) -> Happened:
    if event.type == EventType.STATUS and event.to_status in set(Status):
        chip = CHIPS[Status(event.to_status)]
        return Happened(event, chip.icon, chip.css, chip.word, event.message)
    if event.type == EventType.CREATED and event.message:
        return Happened(event, "plus", "", event.message, "")
    icon, word = EVENTS.get(EventType(event.type), ("info", ""))
    return Happened(event, icon, "waiting" if event.type == EventType.PROBLEM else "", word, event.message)
