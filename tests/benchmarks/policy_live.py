"""When to ask next, on the wire: a poller process asks a loopback provider that counts, beside simulated round robin.

uv run python -m tests.benchmarks.policy_live [--seconds 110] [--factor 20] [--seed 1] [--database URL]

Two accounts of 60 requests a minute, one of them reporting linear progress, each with 100 running tasks of mixed
models; a new one for each whose end can be read in the database. 200 finished tasks of each model are known. All is
`factor` times as fast, a provider's minute too; more than 60 requests in any such minute are answered with 429.
Figures are scaled back. What cannot be made faster counts against the poller: the way to the server and back, the
write, and its own least durations.
"""

import argparse
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import mean
from typing import Any

import django

from tasks.timing import Timing
from tests.benchmarks.counting import Counting
from tests.benchmarks.fleet import fleet
from tests.scheduling.simulation import (
    MIXED,
    Report,
    RoundRobin,
    World,
    backoff_like,
    drawn,
    linear,
    unreported,
)

PER_MINUTE = 60
RUNNING = 100
KNOWN = 200
WARM_S = 600.0
"""Left out at the beginning, before scaling."""
HASTENED = (
    "look_s",
    "claim_ahead_s",
    "collect_s",
    "facts_s",
    "tell_s",
    "experience_s",
    "usual_first_gap_s",
    "longest_gap_s",
    "growth_after_s",
    "transient_gap_s",
    "longest_transient_gap_s",
    "budget_window_s",
    "dead_flight_s",
)
"""The others concern failures, of which there are none here."""


@dataclass
class Live:
    """The tasks of one account. Times are monotonic seconds, scaled."""

    letter: str
    report: Report
    factor: float
    seed: int
    ends_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Of every task, when it began and when it ends."""
    running: set[str] = field(default_factory=set)
    late_s: list[float] = field(default_factory=list)
    """Scaled back, of ends noticed after the beginning was left out."""

    @property
    def key(self) -> str:
        return f"sk-benchmark-{self.letter}-0123456789"

    def begin(self, at_s: float) -> tuple[str, str]:
        """Name and model of the next task."""
        n = len(self.ends_s)
        model, takes_s, _ = drawn(MIXED, self.seed, n)
        name = f"{self.letter}{n}"
        self.ends_s[name] = at_s, at_s + takes_s / self.factor
        self.running.add(name)
        return name, model.key.model

    def answer(self, name: str, now_s: float) -> object:
        begun_s, end_s = self.ends_s[name]
        if now_s >= end_s:
            return {"id": name, "status": "completed", "video_url": f"https://cdn.example/{name}"}
        percent = self.report((now_s - begun_s) / (end_s - begun_s), Random(0))
        told = {} if percent is None else {"progress": percent}
        return {"id": name, "status": "processing"} | told

    def noticed(self, name: str, now_s: float, *, counts: bool) -> None:
        self.running.discard(name)
        if counts:
            self.late_s.append((now_s - self.ends_s[name][1]) * self.factor)


def hastened(factor: float) -> dict[str, Any]:
    usual = Timing()
    return {name: getattr(usual, name) / factor for name in HASTENED}


def run(database: str, lives: list[Live], provider: Counting, seconds: float) -> tuple[float, float]:
    """Until so many seconds have passed; between which two times ends counted."""
    factor = lives[0].factor
    with fleet(database, hastened(factor)) as ours:
        ours.fill([_account(one, provider.url) for one in lives])
        os.environ.update(ours.environment)
        django.setup()
        store = _store(factor)
        for one in lives:
            store.remember(one)
            for n in range(RUNNING):
                store.begin(one, -300.0 * n / RUNNING / factor)
        ours.start()
        ours.await_ready()
        begun_s = time.monotonic()
        from_s, until_s = begun_s + WARM_S / factor, begun_s + seconds
        while (now_s := time.monotonic()) < until_s:
            _replace(lives, store, now_s, counts=now_s >= from_s)
            time.sleep(0.1 / factor)
        return from_s, until_s


def _account(one: Live, url: str) -> dict[str, Any]:
    return {
        "slug": one.letter,
        "key": one.key,
        "base_url": url,
        "tasks": [],
        "requests_per_minute": PER_MINUTE,
        "concurrency": 20,
    }


def _replace(lives: list[Live], store: Any, now_s: float, *, counts: bool) -> None:
    for name in store.ended():
        one = next(one for one in lives if name.startswith(one.letter))
        if name in one.running:
            one.noticed(name, now_s, counts=counts)
            store.begin(one, 0.0)


def _store(factor: float) -> Any:
    """What uses the models, which can be read only once Django knows its database."""
    from tasks.models import Account, Task
    from tasks.vocabulary import Kind, Status

    class Store:
        def __init__(self) -> None:
            self._accounts = {one.slug: one for one in Account.objects.all()}
            self._seen_at = datetime.now(UTC)

        def remember(self, one: Live) -> None:
            """Finished tasks of each model."""
            chance, now = Random(one.seed + 50), datetime.now(UTC)
            seconds = [(model, model.duration_s(chance) / factor) for model in MIXED for _ in range(KNOWN)]
            Task.objects.bulk_create(
                self._task(
                    one,
                    f"{one.letter}-{n}",
                    model.key.model,
                    now - timedelta(hours=1),
                    status=Status.SUCCEEDED,
                    finished_at=now - timedelta(hours=1) + timedelta(seconds=takes_s),
                    unseen_s=0.0,
                    poll_count=1,
                )
                for n, (model, takes_s) in enumerate(seconds)
            )

        def begin(self, one: Live, ago_s: float) -> None:
            """As a create call does that was answered just now."""
            name, model = one.begin(time.monotonic() + ago_s)
            now = datetime.now(UTC)
            row = self._task(one, name, model, now + timedelta(seconds=ago_s), status=Status.RUNNING)
            row.next_poll_at = now + timedelta(seconds=1 / factor)
            row.deadline_at = now + timedelta(hours=9)
            row.save(force_insert=True)

        def ended(self) -> list[str]:
            since = self._seen_at - timedelta(seconds=1)
            self._seen_at = datetime.now(UTC)
            rows = Task.objects.filter(status=Status.SUCCEEDED, changed_at__gte=since)
            return [name for name in rows.values_list("remote_id", flat=True) if name]

        def _task(self, one: Live, name: str, model: str, begun_at: datetime, **columns: Any) -> Task:
            return Task(
                account=self._accounts[one.letter],
                remote_id=name,
                kind=Kind.VIDEO,
                raw_status="processing",
                model=model,
                created_at=begun_at,
                started_at=begun_at,
                status_at=begun_at,
                changed_at=begun_at,
                **{"deadline_at": begun_at + timedelta(hours=9)} | columns,
            )

    return Store()


def compare(lives: list[Live], provider: Counting, within: tuple[float, float]) -> None:
    from_s, until_s = within
    for one in lives:
        sent = sum(from_s <= at < until_s for at in provider.arrivals[f"Bearer {one.key}"])
        minutes = (until_s - from_s) * one.factor / 60
        world = World(MIXED, RoundRobin(), one.seed)
        blind = world.spend(sent / minutes, WARM_S + minutes * 60, WARM_S).mean_late_s
        doubling = backoff_like(sent / len(one.late_s), MIXED, one.seed)
        _print(one, sent / minutes, blind, doubling)
    most = max(provider.most_within(Timing().budget_window_s / lives[0].factor).values())
    print(
        f"\nmost requests of an account in any minute: {most} of {PER_MINUTE}; answers of 429: {provider.refused}"
    )


def _print(one: Live, a_minute: float, blind: float, doubling: float) -> None:
    late_s = mean(one.late_s)
    told = one.report is not unreported
    print(
        f"\n{'linear progress' if told else 'nothing reported'}: {len(one.late_s)} ends, {a_minute:.1f} asks a minute"
    )
    print(f"  round robin, simulated    {blind:6.1f} s")
    print(f"  doubling gaps, simulated  {doubling:6.1f} s")
    print(f"  poller on the wire        {late_s:6.1f} s")
    limits = [
        ("round robin", blind, 0.2 if told else 0.8),
        *([] if told else [("doubling gaps", doubling, 0.33)]),
    ]
    for name, other, most in limits:
        ratio = late_s / other
        print(f"    {ratio:.2f} of {name}; at most {most} {'kept' if ratio <= most else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=110.0)
    parser.add_argument("--factor", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; SQLite when absent")
    given = parser.parse_args()
    lives = [
        Live(letter, report, given.factor, given.seed)
        for letter, report in (("u", unreported), ("l", linear))
    ]
    window_s = Timing().budget_window_s / given.factor

    def answer(name: str, now_s: float) -> object:
        return next(one for one in lives if name.startswith(one.letter)).answer(name, now_s)

    provider = Counting(answer, 0.002, (PER_MINUTE, window_s))
    try:
        compare(lives, provider, run(given.database, lives, provider, given.seconds))
    finally:
        provider.close()


if __name__ == "__main__":
    main()
