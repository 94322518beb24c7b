"""What this process counts for Prometheus. Facts that live in the database are read when somebody looks.

Labels are account slugs and words of our own: a team's accounts and a closed vocabulary, never an id, a key or a text.
"""

import asyncio
import logging
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from tasks.log_fields import about

logger = logging.getLogger(__name__)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

POLLS = Counter("dailies_polls", "Tasks asked about.", ["account", "outcome"], registry=REGISTRY)
LATENCY = Histogram(
    "dailies_poll_seconds",
    "From a question to the end of its answer.",
    ["account"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    registry=REGISTRY,
)
CHANGES = Counter("dailies_changes_applied", "Tasks written because they changed.", registry=REGISTRY)
PUBLISH_FAILURES = Counter(
    "dailies_publish_failures", "Changes that could not be told on the channel layer.", registry=REGISTRY
)
LOOP_BLOCK = Histogram(
    "dailies_loop_block_seconds",
    "How late a timer of the event loop comes: the time it was blocked.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
    registry=REGISTRY,
)

ANSWERED, FAULT = "answered", "fault"
"""Outcomes of a poll beside the kinds of `ProviderError`: an answer that was understood, and our own fault."""
LOOP_LOOK_S = 0.1


class Meter:
    """Counts the polls of one account; what its labels lead to is looked up once."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._latency = LATENCY.labels(account)
        self._polls: dict[str, Counter] = {}

    def asked(self, outcome: str, seconds: float) -> None:
        """One poll ended like this, after so many seconds. `outcome` is of a closed set; the lines to come tell it."""
        counter = self._polls.get(outcome)
        if counter is None:
            counter = self._polls[outcome] = POLLS.labels(self._account, outcome)
        counter.inc()
        self._latency.observe(seconds)
        about(outcome=outcome)
        logger.debug("asked, which took %.3f s", seconds)


async def watch_loop(stop: asyncio.Event, look_s: float = LOOP_LOOK_S) -> None:
    """Measure until `stop` is set how long the event loop was held up."""
    while not stop.is_set():
        begun_s = perf_counter()
        await asyncio.sleep(look_s)
        LOOP_BLOCK.observe(max(0.0, perf_counter() - begun_s - look_s))
