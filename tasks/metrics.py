"""What this process counts for Prometheus. Facts that live in the database are read when somebody looks.

Labels are account slugs and words of our own: a team's accounts and a closed vocabulary, never an id, a key or a text.
"""

import asyncio
import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from time import perf_counter
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from tasks.log_fields import about

logger = logging.getLogger(__name__)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

CHANGES = Counter("dailies_changes_applied", "Tasks written because they changed.", registry=REGISTRY)
PUBLISH_FAILURES = Counter(
    "dailies_publish_failures", "Changes that could not be told on the channel layer.", registry=REGISTRY
)
MESSAGES = Counter(
    "dailies_messages", "Attempts to deliver a notification.", ["kind", "outcome"], registry=REGISTRY
)
LOOP_BLOCK = Histogram(
    "dailies_loop_block_seconds",
    "How late a timer of the event loop comes: the time it was blocked.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
    registry=REGISTRY,
)

ANSWERED, FAULT = "answered", "fault"
"""Outcomes of a poll beside the kinds of `ProviderError`: an answer that was understood, and our own fault."""
LATENCIES_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LOOP_LOOK_S = 0.1


class Meter:
    """Counts the polls of one account, in plain numbers: thousands a second pass here, all on one loop."""

    def __init__(self) -> None:
        self.polls: dict[str, int] = defaultdict(int)
        self.seconds = 0.0
        self.latencies = [0] * (len(LATENCIES_S) + 1)
        """How many took as long as each of `LATENCIES_S` at most, but longer than the one before; then the others."""

    def asked(self, outcome: str, seconds: float, task_id: UUID) -> None:
        """One poll ended like this, after so many seconds. `outcome` is of a closed set; the lines to come tell it."""
        self.polls[outcome] += 1
        self.seconds += seconds
        self.latencies[bisect_left(LATENCIES_S, seconds)] += 1
        if outcome != ANSWERED or logger.isEnabledFor(logging.DEBUG):  # else nothing will be written of it
            about(task=task_id, outcome=outcome)
            logger.debug("asked, which took %.3f s", seconds)


class Meters:
    """The meters of this process by account slug, as Prometheus reads them."""

    def __init__(self) -> None:
        self._by_account: dict[str, Meter] = {}

    def of(self, account: str) -> Meter:
        """The account's meter; what it counted stays when the account is edited."""
        return self._by_account.setdefault(account, Meter())

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """Called in whichever thread somebody looks from."""
        polls = CounterMetricFamily("dailies_polls", "Tasks asked about.", labels=["account", "outcome"])
        latency = HistogramMetricFamily(
            "dailies_poll_seconds", "From a question to the end of its answer.", labels=["account"]
        )
        bounds = (*map(str, LATENCIES_S), "+Inf")
        for account, meter in sorted(self._by_account.items()):
            for outcome, count in sorted(meter.polls.items()):
                polls.add_metric([account, str(outcome)], count)
            sums = list(zip(bounds, accumulate(meter.latencies), strict=True))
            latency.add_metric([account], sums, meter.seconds)
        yield from (polls, latency)


meters = Meters()
REGISTRY.register(meters)


async def watch_loop(stop: asyncio.Event, look_s: float = LOOP_LOOK_S) -> None:
    """Measure until `stop` is set how long the event loop was held up."""
    while not stop.is_set():
        begun_s = perf_counter()
        await asyncio.sleep(look_s)
        LOOP_BLOCK.observe(max(0.0, perf_counter() - begun_s - look_s))
