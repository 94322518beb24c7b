"""How an account does: working, asked to slow down, out of reach, or stopped because its key is refused."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from tasks.models import Account
from tasks.poller.cadence import backoff_s
from tasks.poller.circuit import Circuit
from tasks.poller.writer import Writer
from tasks.providers.contract import ProviderError
from tasks.timing import Timing
from tasks.vocabulary import Health

FORBIDDEN_TO_STOP = 3
MESSAGE_MAX = 500
LEAST_PAUSE_S = 0.2


class Standing:
    """Decides whether an account may be asked, and writes down why not. Times are the loop's seconds."""

    def __init__(
        self, account: Account, writer: Writer, timing: Timing, random: Random, *, probe_first: bool
    ) -> None:
        self._account_id, self._config_version = account.pk, account.config_version
        self._writer = writer
        self._timing = timing
        self._health = Health(account.health)
        self._has_money_note = bool(account.money_message)
        self._held_until_s = 0.0
        self._limited = 0
        self._told = account.health_message
        away = self._health is Health.UNREACHABLE
        self.circuit = Circuit(account.poll_interval_s, timing, random, opened=away and not probe_first)
        self.came_back = False
        """Set when the provider answered after having been out of reach; the line takes it back."""
        self._forbidden: set[UUID] = set()
        self.stopped = probe_first or self._health is Health.UNAUTHORIZED
        self._probe_at_s = 0.0
        self.last_answer_at: datetime | None = None
        self.last_latency_s: float | None = None

    def held_s(self, now: float) -> float:
        """Seconds until tasks may be asked about again; for a stopped account, until its next probe."""
        if self.stopped:
            return max(0.0, self._probe_at_s - now)
        return max(0.0, self._held_until_s - now, self.circuit.wait_s(now))

    def heard(self, now: float, latency_s: float) -> None:
        """A good answer came. While the account is held or stopped it is an old question's, and lifts nothing."""
        self.reached()
        self._forbidden.clear()
        self.last_answer_at, self.last_latency_s = timezone.now(), latency_s
        if self._has_money_note:
            self._has_money_note = False
            self._note(money_message="", money_at=None)
        if not self.stopped and not self.held_s(now):
            self._limited = 0
            if self._health is not Health.OK:
                self._tell(Health.OK, "", None)

    def reached(self) -> None:
        """The provider answered, if only to say no to one task: it is not out of reach."""
        self.came_back |= self.circuit.answered()
        if self._health is Health.UNREACHABLE:
            self._tell(Health.OK, "", None)

    def stop(self, now: float, message: str) -> None:
        """Ask nothing but one probe every five minutes."""
        self.circuit.answered()
        self.stopped = True
        self._probe_at_s = now + self._timing.probe_s
        self._tell(Health.UNAUTHORIZED, message, self._timing.probe_s)

    def begin_probe(self, now: float) -> None:
        """One probe at a time."""
        self._probe_at_s = now + self._timing.probe_s

    def probed_well(self, now: float, latency_s: float) -> None:
        """The key works again: every task is asked at once."""
        self.stopped = False
        self._held_until_s = 0.0
        self.heard(now, latency_s)

    def pause(self, now: float, error: ProviderError) -> None:
        """Obey a Retry-After, or back off when there was none: the whole account waits."""
        if self._held_until_s <= now:  # of those in flight together, one counts
            self._limited += 1
        asked_s = max(error.retry_after_s, LEAST_PAUSE_S) if error.retry_after_s else None
        self._held_until_s = max(
            self._held_until_s, now + (asked_s or backoff_s(max(self._limited, 1), self._timing))
        )
        if not self.stopped and self._health is not Health.UNREACHABLE:
            self._tell(Health.LIMITED, str(error), self._held_until_s - now)

    def failed(self, now: float, task_id: UUID, error: ProviderError) -> None:
        """No answer, or a server's own error; several in a row mean out of reach."""
        self.circuit.failed(now, task_id)
        if not self.circuit.lasting or self.stopped:
            return
        if self._health is not Health.UNREACHABLE:
            self._tell(Health.UNREACHABLE, str(error), self.circuit.wait_s(now) or None)
        elif str(error) != self._told:
            self._told = str(error)
            self._note(health_message=self._told[:MESSAGE_MAX])

    def end_probe(self, now: float) -> None:
        """A task was asked to find out whether the provider is back. Unless it is, the page tells the next time."""
        self.circuit.end_probe(now)
        if self.circuit.opened and self._health is Health.UNREACHABLE:
            next_in = timedelta(seconds=self.held_s(now))
            self._note(resumes_at=timezone.now() + next_in)

    def forbidden(self, now: float, task_id: UUID, error: ProviderError) -> None:
        """One task that this key may not see is that task's trouble; three different ones in a row are the key's."""
        self._forbidden.add(task_id)
        if len(self._forbidden) >= FORBIDDEN_TO_STOP:
            self._forbidden.clear()
            self.stop(now, f"{error} Three tasks in a row were refused like this.")

    def out_of_money(self, error: ProviderError) -> None:
        self._has_money_note = True
        self._note(money_message=str(error)[:MESSAGE_MAX], money_at=timezone.now())

    def _tell(self, health: Health, message: str, for_s: float | None) -> None:
        now = timezone.now()
        self._health, self._told = health, message
        self._note(
            health=health,
            health_message=message[:MESSAGE_MAX],
            health_at=now,
            resumes_at=now + timedelta(seconds=for_s) if for_s is not None else None,
        )

    def _note(self, **columns: object) -> None:
        self._writer.note(self._account_id, self._config_version, **columns)
