"""What a task's own page says of it besides: its files, its history, the provider's own words."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard.account_cards import NEARLY_FULL
from dashboard.exhibits import Exhibit, Show, exhibits_of
from dashboard.figures import clock, size
from dashboard.given_files import GivenFile, given_files
from dashboard.own_links import OWN_LINKS
from dashboard.raw_answers import highlighted, mask_queries
from dashboard.shown_task import Shown
from dashboard.wording import (
    BLOCKED,
    CHIPS,
    EVENTS,
    REASONS,
    SAVING,
    Chip,
    Verdict,
    is_blocked,
)
from dashboard.wording import verdict as verdict_of
from tasks.canceling import ref_of
from tasks.exposure import shares_of
from tasks.models import Event, Lookup, RawAnswer, Share, Submission
from tasks.providers.references import SCHEME, references_in
from tasks.vocabulary import WAITING, EventType, Health, Kind, Reason, Status

HISTORY_SHOWN = 200
NOTICED_MAX_S = 3600


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history."""

    event: Event
    icon: str
    css: str
    word: str
    message: str


@dataclass(frozen=True)
class ShownWhole(Shown):
    """A task with everything its page says of it. History, raw answer and links are read when asked for."""

    @property
    def chips(self) -> tuple[Chip, ...]:
        """Of the task page, where Blocked stands beside Failed, and Saving copy beside Done."""
        if is_blocked(self.task):
            return CHIPS[Status.FAILED], BLOCKED
        return (self.chip, SAVING) if self.is_saving else (self.chip,)

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
    def verdict(self) -> Verdict | None:
        return verdict_of(self.task)

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

    @cached_property
    def given(self) -> list[GivenFile]:
        """The files of ours that it begins from. Parameters without any, which may be large, are not even loaded."""
        written = Submission.objects.annotate(written=Cast("params", TextField()))
        call = written.filter(pk=self.task.pk, written__contains=SCHEME).first()
        form = self.task.account.provider_module.FORMS.get(Kind(self.task.kind))
        named = references_in(form, call.params) if call and form else []
        return given_files(dict.fromkeys(one for _, one in named))

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

    @property
    def asked_to_slow_down(self) -> datetime | None:
        """When its account may be asked again, if its provider said that there were too many requests."""
        account = self.task.account
        is_ahead = account.resumes_at is not None and account.resumes_at > timezone.now()
        return account.resumes_at if is_ahead and account.shown_health is Health.LIMITED else None

    @cached_property
    def full_budget(self) -> int | None:
        """The requests a minute of its account, when all of them are used."""
        now = timezone.now()
        allowed = self.task.account.requests_allowed(now)
        if allowed is None or self.task.next_poll_at is None:
            return None
        return allowed if self.task.account.requests_last_minute(now) >= NEARLY_FULL * allowed else None

    @cached_property
    def lookup(self) -> Lookup | None:
        """What its provider's list showed, of a task that nobody could confirm."""
        if self.task.status != Status.UNCONFIRMED:
            return None
        return Lookup.objects.filter(pk=self.task.pk).first()

    @property
    def can_be_looked_up(self) -> bool:
        lists = self.task.account.provider_module.LISTING is not None
        return lists and self.task.status == Status.UNCONFIRMED

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
