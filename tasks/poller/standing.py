"""How an account does: working, asked to slow down, out of reach, or stopped because its key is refused."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from tasks.models import Account
from tasks.poller.cadence import backoff_s
from tasks.poller.writer import Writer
from tasks.providers.contract import ProviderError
from tasks.timing import Timing
from tasks.vocabulary import Health

FAILURES_TO_UNREACHABLE = 3
FORBIDDEN_TO_STOP = 3
MESSAGE_MAX = 500


class Standing:
    """Decides whether an account may be asked, and writes down why not. Times are the loop's seconds."""

    def __init__(self, account: Account, writer: Writer, timing: Timing) -> None:
        self._account_id = account.pk
        self._writer = writer
        self._timing = timing
        self._health = Health(account.health)
        self._has_money_note = bool(account.money_message)
        self._held_until_s = 0.0
        self._limited = 0
        self._failures = 0
        self._forbidden: set[UUID] = set()
        self.stopped = self._health is Health.UNAUTHORIZED
        self._probe_at_s = 0.0
        self.last_answer_at: datetime | None = None
        self.last_latency_s: float | None = None

    def held_s(self, now: float) -> float:
        """Seconds until tasks may be asked about again; for a stopped account, until its next probe."""
        return max(0.0, (self._probe_at_s if self.stopped else self._held_until_s) - now)

    def heard(self, latency_s: float) -> bool:
        """A good answer came. True when the account had been out of reach."""
        came_back = self._failures >= FAILURES_TO_UNREACHABLE
        self._failures = self._limited = 0
        self._forbidden.clear()
        self.last_answer_at, self.last_latency_s = timezone.now(), latency_s
        columns: dict[str, object] = {}
        if self._health is not Health.OK:
            self._health = Health.OK
            columns = self._words(Health.OK, "", None)
        if self._has_money_note:
            self._has_money_note = False
            columns |= {"money_message": "", "money_at": None}
        if columns:
            self._writer.note(self._account_id, **columns)
        return came_back

    def stop(self, now: float, message: str) -> None:
        """Ask nothing but one probe every five minutes."""
        self.stopped = True
        self._probe_at_s = now + self._timing.probe_s
        self._tell(Health.UNAUTHORIZED, message, self._timing.probe_s)

    def begin_probe(self, now: float) -> None:
        """One probe at a time."""
        self._probe_at_s = now + self._timing.probe_s

    def probed_well(self, latency_s: float) -> None:
        """The key works again: every task is asked at once."""
        self.stopped = False
        self.heard(latency_s)

    def pause(self, now: float, error: ProviderError) -> None:
        """Obey a Retry-After, or back off when there was none: the whole account waits."""
        self._limited += 1
        wait_s = (
            error.retry_after_s if error.retry_after_s is not None else backoff_s(self._limited, self._timing)
        )
        self._held_until_s = max(self._held_until_s, now + wait_s)
        self._tell(Health.LIMITED, str(error), wait_s)

    def failed(self, error: ProviderError) -> None:
        """An ask brought nothing; the third in a row means out of reach."""
        self._failures += 1
        if self._failures >= FAILURES_TO_UNREACHABLE and self._health is not Health.UNREACHABLE:
            self._tell(Health.UNREACHABLE, str(error), None)

    def forbidden(self, now: float, task_id: UUID, error: ProviderError) -> None:
        """One task that this key may not see is that task's trouble; three different ones in a row are the key's."""
        self._forbidden.add(task_id)
        if len(self._forbidden) >= FORBIDDEN_TO_STOP:
            self._forbidden.clear()
            self.stop(now, f"{error} Three tasks in a row were refused like this.")

    def out_of_money(self, error: ProviderError) -> None:
        self._has_money_note = True
        self._writer.note(self._account_id, money_message=str(error)[:MESSAGE_MAX], money_at=timezone.now())

    def _tell(self, health: Health, message: str, for_s: float | None) -> None:
        self._health = health
        self._writer.note(self._account_id, **self._words(health, message, for_s))

    def _words(self, health: Health, message: str, for_s: float | None) -> dict[str, object]:
        now = timezone.now()
        resumes_at = now + timedelta(seconds=for_s) if for_s is not None else None
        return {
            "health": health,
            "health_message": message[:MESSAGE_MAX],
            "health_at": now,
            "resumes_at": resumes_at,
        }
