"""What rows, cards and pages say of a task. It depends on the task alone, so that it serves every reader."""

from dataclasses import dataclass
from functools import cache, cached_property

from django.urls import reverse

from dashboard.figures import clock, counted, size
from dashboard.pictures import Picture, picture_of
from dashboard.results import measures
from dashboard.safety import is_saving
from dashboard.wording import (
    KINDS,
    SAVING,
    Chip,
    chip_of,
    took_s,
)
from dashboard.wording import sentence as sentence_of
from tasks.models import Result, Task
from tasks.vocabulary import Kind, Status

TAGS_SHOWN = 3
TAG_SHOWN_MAX = 24
TILE_WORDS_MAX = 140
TITLE_FROM_PROMPT_MAX = 100


@cache
def _star_urls() -> dict[bool, str]:
    return {True: reverse("tasks-star"), False: reverse("tasks-unstar")}


@dataclass(frozen=True)
class Shown:
    """A task with everything that lists say of it; what is "" is not known."""

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

    @cached_property
    def sentence(self) -> str:
        return sentence_of(self.task)

    @property
    def tile_words(self) -> str:
        """What a tile without a picture says: the prompt's beginning, unless the title says it already."""
        return self.task.prompt[:TILE_WORDS_MAX] if self.task.title else ""
