"""What each kind of failed ask means for its task and its account (the table is the design's section 4)."""

import logging
from dataclasses import dataclass
from datetime import datetime

import httpx

from tasks.poller.cadence import backoff_s
from tasks.poller.outcome import Decide, failed_ask, unknown
from tasks.poller.standing import Standing
from tasks.poller.tracked import Tracked
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.timing import Timing
from tasks.vocabulary import Status

logger = logging.getLogger(__name__)

FORBIDDEN_GAP_S = 300.0
LONGEST_FORBIDDEN_GAP_S = 3600.0
RECHECK_TRIES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one ask brought. `decide` None: no news of the task."""

    decide: Decide | None
    gap_s: float
    problem: str = ""
    told: bool = False
    """The answer said how the task stands: the same bytes again are no news."""
    owed: bool = False
    """The ask went unanswered: a lost or timed-out task is asked again soon, not hours later."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on the calendar and on the loop's clock; `gap_s` is the task's usual gap."""

    at: datetime
    loop_s: float
    gap_s: float


def trouble(
    error: ProviderError, tracked: Tracked, standing: Standing, timing: Timing, moment: Moment
) -> Finding:
    """Judge a failed ask: notes go to the account's standing, the finding to the task."""
    if _is_of_one_task(error):
        standing.reached()
    match error.kind:
        case ErrorKind.UNAUTHORIZED:
            return _refused_key(error, tracked, standing, moment)
        case ErrorKind.FORBIDDEN:
            return _forbidden(error, tracked, standing, moment)
        case ErrorKind.LIMITED:
            standing.pause(moment.loop_s, error)
            return Finding(None, 0.0, owed=True)
        case ErrorKind.NOT_FOUND:
            return Finding(unknown(error, moment.at), moment.gap_s)
        case ErrorKind.MISSING:
            return _missing(error, tracked, timing, moment)
        case _:
            return _no_news(error, tracked, standing, timing, moment)


def is_outage(error: ProviderError) -> bool:
    """No answer at all, or a server's own error: no task's fault."""
    return error.kind is ErrorKind.TRANSIENT and (error.http_status is None or error.http_status >= 500)


def _is_of_one_task(error: ProviderError) -> bool:
    """A server that refuses one request is there. What makes no sense may come from whatever stands in for it."""
    return error.kind is not ErrorKind.TRANSIENT and 400 <= (error.http_status or 0) < 500


def _refused_key(error: ProviderError, tracked: Tracked, standing: Standing, moment: Moment) -> Finding:
    """The task that met it says so once; the others only wait."""
    first = not standing.stopped
    standing.stop(moment.loop_s, str(error))
    decide = failed_ask(error, tracked, moment.at) if first else None
    return Finding(decide, 0.0, str(error), owed=True)


def _forbidden(error: ProviderError, tracked: Tracked, standing: Standing, moment: Moment) -> Finding:
    tracked.failures += 1
    standing.forbidden(moment.loop_s, tracked.id, error)
    gap_s = min(FORBIDDEN_GAP_S * 2 ** min(tracked.failures - 1, 8), LONGEST_FORBIDDEN_GAP_S)
    return Finding(failed_ask(error, tracked, moment.at), gap_s, str(error))


def _missing(error: ProviderError, tracked: Tracked, timing: Timing, moment: Moment) -> Finding:
    """A bare 404 is believed after three times over at least a minute; a lost task needs no more proof."""
    if not tracked.missing:
        tracked.missing_since_s = moment.loop_s
    tracked.missing += 1
    long_enough = moment.loop_s - tracked.missing_since_s >= timing.missing_over_s
    proven = tracked.missing >= timing.missing_times and long_enough
    if proven or tracked.known.status is Status.LOST:
        return Finding(unknown(error, moment.at), moment.gap_s)
    return Finding(failed_ask(error, tracked, moment.at), moment.gap_s, str(error))


def _no_news(
    error: ProviderError, tracked: Tracked, standing: Standing, timing: Timing, moment: Moment
) -> Finding:
    tracked.failures += 1
    if isinstance(error.__cause__, httpx.ReadError) and tracked.failures == 1:
        return Finding(None, 0.0, owed=True)  # the server may have closed a kept connection just then
    if error.kind is ErrorKind.QUOTA:
        standing.out_of_money(error)
    elif error.kind is ErrorKind.TRANSIENT:
        if is_outage(error):
            standing.failed(moment.loop_s, tracked.id, error)
        if error.retry_after_s is not None:
            standing.pause(moment.loop_s, error)
    elif str(error) != tracked.problem:
        logger.warning("task %s: %s First bytes: %r", tracked.id, error, error.first_bytes[:200])
    gap_s = (
        standing.circuit.gap_s(tracked.failures) if is_outage(error) else backoff_s(tracked.failures, timing)
    )
    owed = tracked.failures < RECHECK_TRIES
    return Finding(failed_ask(error, tracked, moment.at), gap_s, str(error), owed=owed)
