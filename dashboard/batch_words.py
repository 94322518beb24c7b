"""What pages say of batches: what they do, have done, and how they are taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.db.models import Count
from django.urls import reverse

from dashboard.figures import counted
from dashboard.matching import Match
from tasks.batches.acts import UNDONE_BY
from tasks.models import Batch, BatchItem, Task
from tasks.vocabulary import BatchAct, ItemState

LISTED = 50
"""Tasks that a report names for each reason; the CSV file names all."""


@dataclass(frozen=True, slots=True)
class Words:
    """`Archiving` · `archived` · what it means, for the page that asks; `button` does it."""

    doing: str
    done: str
    means: str
    icon: str
    button: str
    asks: bool = False
    """Whether a person confirms it first: it cannot be taken back, or costs money."""


WORDS: Mapping[BatchAct, Words] = {
    BatchAct.STAR: Words("Starring", "starred", "They are favourites of the team.", "star", "Star"),
    BatchAct.UNSTAR: Words("Unstarring", "without a star now", "No star on them any more.", "star", "Unstar"),
    BatchAct.ARCHIVE: Words("Archiving", "archived", "Out of the list, still found.", "archive", "Archive"),
    BatchAct.UNARCHIVE: Words(
        "Unarchiving", "in the list again", "Back into the list.", "archive", "Unarchive"
    ),
    BatchAct.TAG: Words("Tagging", "tagged", "Tags are added to those they have.", "tag", "Tag"),
    BatchAct.UNTAG: Words("Removing tags", "changed", "These tags are taken away.", "tag", "Remove tags"),
    BatchAct.STOP: Words(
        "Stopping to track",
        "in the trash for 30 days",
        "Nobody asks about them any more. They stay in the trash for 30 days.",
        "trash",
        "Stop tracking",
    ),
    BatchAct.RESTORE: Words("Restoring", "tracked again", "Out of the trash.", "retry", "Restore"),
    BatchAct.KEEP: Words(
        "Keeping results",
        "on their way into our storage",
        "Results without a copy are fetched now, those as well that were given up.",
        "download",
        "Keep results",
    ),
    BatchAct.AGAIN: Words(
        "Running again",
        "made once more",
        "Each becomes a new task with the parameters of the old one, and the provider may charge for it again.",
        "retry",
        "Run again",
        asks=True,
    ),
    BatchAct.CANCEL: Words(
        "Canceling at the provider",
        "canceled, or asked to be",
        "Each provider is asked to cancel what has not ended. That cannot be undone.",
        "st-canceled",
        "Cancel at the provider",
        asks=True,
    ),
    BatchAct.DELETE: Words(
        "Deleting at the provider",
        "deleted at the provider, and in our trash",
        "Tasks and files are deleted at the provider, which cannot be undone. Our own copies stay in the trash"
        " for 30 days.",
        "trash",
        "Delete at the provider",
        asks=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A task of a report: its name, and its page where it has one."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was not done for one reason."""

    reason: str
    count: int
    tasks: tuple[Named, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.tasks)


class ShownBatch:
    """A batch as pages show it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.act = BatchAct(batch.act)
        self.words = WORDS[self.act]
        self.url = reverse("batch", args=[batch.pk])

    @property
    def title(self) -> str:
        tags = ", ".join(self.batch.params.get("tags", ()))
        return f"{self.words.doing} {counted(self.batch.total, 'task')}{f': {tags}' if tags else ''}"

    @property
    def is_open(self) -> bool:
        return self.batch.ended_at is None

    @property
    def percent(self) -> int:
        return 100 * self.batch.handled // self.batch.total if self.batch.total else 100

    @property
    def summary(self) -> str:
        """`1,238 tasks archived, 2 not, 0 left`."""
        batch = self.batch
        done = f"{counted(batch.done, 'task')} {'is' if batch.done == 1 else 'are'} {self.words.done}"
        rest = [f"{batch.not_done:,} not done"] if batch.not_done else []
        rest += (
            [f"{batch.left:,} left as {'it was' if batch.left == 1 else 'they were'}"] if batch.left else []
        )
        return ". ".join((done, *([", ".join(rest)] if rest else []))) + "."

    @property
    def can_be_undone(self) -> bool:
        batch = self.batch
        can = not self.is_open and batch.done and self.act in UNDONE_BY
        return bool(can) and not Batch.objects.filter(undoes=batch).exists()

    @property
    def list_url(self) -> str:
        """The list that the tasks were chosen from."""
        return Match(self.batch.query).url if self.batch.query else reverse("tasks")

    @property
    def groups(self) -> list[Group]:
        """What was not done, most frequent reason first."""
        rows = self.batch.items.filter(state__in=(ItemState.NOT_DONE, ItemState.LEFT))
        counts = rows.order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason")
        return [Group(reason, n, _named(rows.filter(reason=reason))) for reason, n in counts]

    @property
    def made(self) -> list[Named]:
        """Tasks that it made, the first ones."""
        ids = self.batch.items.filter(made__isnull=False).order_by("pk").values_list("made", flat=True)
        return list(names_of(one for one in ids[:LISTED] if one))


def _named(rows: "models.QuerySet[BatchItem]") -> tuple[Named, ...]:
    return tuple(names_of(rows.order_by("pk").values_list("task_id", flat=True)[:LISTED]))


def names_of(ids: Iterable[UUID]) -> Iterable[Named]:
    """What people call these tasks, in their order; those deleted for good by their ids."""
    wanted = list(ids)
    tasks = Task.objects.only("title", "prompt", "remote_id", "deleted_at").in_bulk(wanted)
    for pk in wanted:
        task = tasks.get(pk)
        url = reverse("task", args=[pk]) if task and task.deleted_at is None else ""
        yield Named(task.shown_title if task else str(pk), url)


def running() -> list[ShownBatch]:
    """Batches that are not over, newest first: what the list shows above itself."""
    return [ShownBatch(one) for one in Batch.objects.open()[:5]]
