"""One ask of one task, from request to written change."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from tasks.asking import Asker
from tasks.lifecycle import Change, Known
from tasks.metrics import ANSWERED, FAULT, meters
from tasks.models import Account
from tasks.poller.outcome import next_ask_at, overdue, told
from tasks.poller.plan import Plan
from tasks.poller.sender import LARGE_BODY_BYTES, Sender, digest
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked, Update
from tasks.poller.trouble import Finding, Moment, trouble
from tasks.poller.writer import Writer
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Snapshot
from tasks.raw import raw_of
from tasks.scheduling import Policy
from tasks.scheduling.cadence import next_gap_s
from tasks.timing import Timing
from tasks.transport import Prepared
from tasks.vocabulary import FINAL, WAITING

logger = logging.getLogger(__name__)

BROKEN_GAP_S = 60.0


@dataclass(frozen=True, slots=True)
class Means:
    """What all lines of a poller share."""

    asker: Asker
    writer: Writer
    timing: Timing
    random: Random
    policy: Policy
    once: bool = False
    """Ask every task one time, then be done."""


class Inquiry:
    """Asks on behalf of one account, as it was last configured."""

    def __init__(
        self, account: Account, means: Means, sender: Sender, standing: Standing, plan: Plan
    ) -> None:
        self._meter = meters.of(account.slug)
        self._interval_s = account.poll_interval_s
        self._provider = account.provider_module
        self._means = means
        self._sender = sender
        self._standing = standing
        self._plan = plan
        self._clock = asyncio.get_running_loop().time

    async def ask(self, tracked: Tracked) -> bool:
        """Ask once and write what changed. False: the task is final, or no longer ours."""
        answer: Answer | None = None
        try:
            try:
                answer = await self._sender.send(lambda: self._question(tracked))
                now = timezone.now()
                if _is_old_news(answer, tracked, now):
                    return self._go_on(tracked, now)
                finding = await self._read(tracked, answer, now)
            except ProviderError as error:
                self._meter.asked(error.kind, self._sender.latency_s, tracked.id)
                if error.kind is ErrorKind.LIMITED:
                    self._sender.refused()
                moment = Moment(timezone.now(), self._clock(), self._usual_gap_s(tracked))
                finding = trouble(error, tracked, self._standing, self._means.timing, moment)
            return await self._settle(tracked, finding, answer)
        except Exception as error:  # noqa: BLE001  one task's trouble with our code must not stop the others
            return self._put_off(tracked, error)

    async def hear(self, tracked: Tracked, snapshot: Snapshot) -> bool:
        """Write what a list said of the task. False as for `ask`."""
        now = timezone.now()
        decide = told(snapshot, tracked, now)
        try:
            if not decide(tracked.known):
                return self._go_on(tracked, now)
            self._heard(tracked)
            gap_s = self._gap_s(tracked, snapshot, now)
            return await self._settle(tracked, Finding(decide, gap_s, told=True), None)
        except Exception as error:  # noqa: BLE001  as above
            return self._put_off(tracked, error)

    def _put_off(self, tracked: Tracked, error: Exception) -> bool:
        self._meter.asked(FAULT, self._sender.latency_s, tracked.id)
        problem = "task %s: a fault in Dailies itself; it is asked again in a minute"
        logger.error(problem, tracked.id, exc_info=error)
        tracked.due_s = self._clock() + BROKEN_GAP_S
        return True

    def _go_on(self, tracked: Tracked, now: datetime) -> bool:
        """What `_settle` comes to when nothing changed. Nine answers in ten end here, so it is short."""
        self._heard(tracked)
        gap_s = self._plan.next_gap_s(tracked, tracked.known.progress, self._clock(), now)
        tracked.poll_count += 1
        tracked.last_poll_at = now
        tracked.due_s = self._clock() + gap_s
        tracked.problem = ""
        tracked.facts_changed = True
        return True

    async def give_up(self, tracked: Tracked) -> bool:
        """Its deadline passed while the provider is out of reach: that is known without an answer."""
        now = timezone.now()
        decide = overdue(tracked, now)
        change = decide(tracked.known)
        next_at = next_ask_at(tracked, change, now, now, self._means.timing, owed=False)
        in_s = (next_at - now).total_seconds() if next_at else 0.0
        release = next_at is None or self._is_far(in_s, change, tracked)
        tracked.due_s = self._clock() + in_s
        try:
            return await self._write(Update(tracked, change, decide, now, next_at, release))
        except Exception as error:  # noqa: BLE001  as above
            return self._put_off(tracked, error)

    async def probe(self) -> None:
        """Find out whether a stopped account works again; no answer tells nothing of the key."""
        try:
            answer = await self._sender.send(lambda: self._sender.build(self._provider.probe_request()))
            self._provider.check_probe(answer)
        except ProviderError as error:
            if error.kind is ErrorKind.QUOTA:
                self._standing.probed_well(self._clock(), self._sender.latency_s)
                self._standing.out_of_money(error)
            elif error.kind in {ErrorKind.UNAUTHORIZED, ErrorKind.FORBIDDEN}:
                self._standing.stop(self._clock(), str(error))
        else:
            self._standing.probed_well(self._clock(), self._sender.latency_s)

    def _question(self, tracked: Tracked) -> Prepared:
        if tracked.request is None:
            tracked.request = self._sender.build(self._provider.poll_request(tracked.ref))
        return tracked.request

    async def _read(self, tracked: Tracked, answer: Answer, now: datetime) -> Finding:
        snapshot = await digest(answer, self._provider.parse_task, answer, tracked.ref)
        self._heard(tracked)
        return Finding(told(snapshot, tracked, now), self._gap_s(tracked, snapshot, now), told=True)

    def _heard(self, tracked: Tracked) -> None:
        self._meter.asked(ANSWERED, self._sender.latency_s, tracked.id)
        tracked.failures = tracked.missing = 0
        self._standing.heard(self._clock(), self._sender.latency_s)

    def _gap_s(self, tracked: Tracked, snapshot: Snapshot, now: datetime) -> float:
        if tracked.known.status not in WAITING:
            return self._usual_gap_s(tracked)
        if snapshot.status in FINAL:
            self._plan.learn(tracked, self._clock(), now)
            return 0.0
        return self._plan.next_gap_s(tracked, snapshot.progress, self._clock(), now)

    def _usual_gap_s(self, tracked: Tracked) -> float:
        age_s = (timezone.now() - tracked.known.created_at).total_seconds()
        return next_gap_s(tracked.known.kind, age_s, self._interval_s, self._means.timing, self._means.random)

    async def _settle(self, tracked: Tracked, finding: Finding, answer: Answer | None) -> bool:
        """Write what changed, note what did not, and set the time of the next ask."""
        now = timezone.now()
        tracked.poll_count += 1
        tracked.last_poll_at = now
        tracked.problems += bool(finding.problem) and finding.problem != tracked.problem
        tracked.problem = finding.problem
        tracked.heard = None
        change = finding.decide(tracked.known) if finding.decide else Change()
        soon = now + timedelta(seconds=finding.gap_s)
        next_at = next_ask_at(tracked, change, soon, now, self._means.timing, owed=finding.owed)
        release = next_at is None or self._is_far((next_at - now).total_seconds(), change, tracked)
        if change or release:
            raw = await digest(answer, raw_of, answer) if answer else None
            decide = finding.decide or _no_change
            if not await self._write(
                Update(tracked, replace(change, raw=raw), decide, now, next_at, release)
            ):
                return False
        else:
            tracked.facts_changed = True
        if answer and finding.told:
            tracked.heard = _hash_of(answer)
        if next_at is not None:
            tracked.due_s = self._clock() + (next_at - now).total_seconds()
        return next_at is not None

    def _is_far(self, gap_s: float, change: Change, tracked: Tracked) -> bool:
        """Rechecks of lost and timed-out tasks are hours away: any poller may take them then."""
        waits = tracked.known.after(change).status in WAITING
        return not waits and gap_s > self._means.timing.claim_ahead_s

    async def _write(self, update: Update) -> bool:
        tracked = update.tracked
        written = await self._means.writer.write(update)
        logger.debug("written", extra={"outcome": written.known.status if written else "no longer ours"})
        if written is None or update.release:
            return False
        tracked.status_at = update.change.columns.get("status_at", tracked.status_at)
        if (written.known.model, written.known.kind) != (tracked.known.model, tracked.known.kind):
            tracked.view = None
        tracked.known, tracked.version = written.known, written.version
        return True


def _is_old_news(answer: Answer, tracked: Tracked, now: datetime) -> bool:
    """The very bytes of last time, of a task that waits and may still wait."""
    waits = tracked.known.status in WAITING and now < tracked.deadline_at
    return waits and tracked.heard is not None and tracked.heard == _hash_of(answer)


def _hash_of(answer: Answer) -> int | None:
    """Python's own: 64 bits with a secret of this process. Large answers are read again each time."""
    return hash(answer.body) if len(answer.body) <= LARGE_BODY_BYTES else None


def _no_change(_: Known) -> Change:
    return Change()
