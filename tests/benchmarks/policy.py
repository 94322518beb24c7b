"""When to ask next: how long an end goes unnoticed, against round robin, doubling gaps and asking every 5 s.

uv run python -m tests.benchmarks.policy [--seeds 3] [--minutes 100]

100 running tasks of mixed models, a new one for each whose end was noticed; simulated time, nothing is sent. What is
known of durations was learned from 200 finished tasks a model, and goes on being learned from what asks show.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from statistics import mean

from tasks.scheduling import History, Policy, Pressure, TaskView
from tasks.timing import Timing
from tests.scheduling.simulation import (
    CROSSED,
    MIXED,
    Asking,
    Model,
    Outcome,
    Report,
    RoundRobin,
    Timed,
    World,
    backoff_like,
    by_worth,
    learned,
    linear,
    unreported,
)

PER_MINUTE = 60.0
Budgeted = Callable[[Sequence[Model], Asking, int, Report], Outcome]


def plateau(share: float, random: Random) -> int:
    return 10 if share < 0.1 else 50 if share < 0.9 else 95


def too_early(share: float, random: Random) -> int:
    return 100 if share > 0.3 else int(share * 100)


def meaningless(share: float, random: Random) -> int:
    return random.randrange(100)


def spend(minutes: float) -> Budgeted:
    def run(models: Sequence[Model], asking: Asking, seed: int, report: Report) -> Outcome:
        return World(models, asking, seed, report).spend(PER_MINUTE, minutes * 60)

    return run


def exhausted(run: Budgeted, models: Sequence[Model], name: str, seeds: Sequence[int]) -> None:
    print(f"\n60 requests a minute, {name}")
    rows: list[tuple[float, float, float, float]] = []
    for seed in seeds:
        blind = run(models, RoundRobin(), seed, unreported).mean_late_s
        asked = run(models, by_worth(learned(models, seed + 50), PER_MINUTE), seed, unreported)
        told = run(models, by_worth(learned(models, seed + 50), PER_MINUTE), seed, linear)
        doubling = backoff_like(asked.requests_each, models, seed)
        rows.append((blind, doubling, asked.mean_late_s, told.mean_late_s))
    blind, doubling, plain, told_s = (mean(column) for column in zip(*rows, strict=True))
    print(f"  round robin                  {blind:6.1f} s")
    print(f"  doubling gaps, as many asks  {doubling:6.1f} s")
    print(f"  policy                       {plain:6.1f} s {compared(rows, 2, 0)} of round robin")
    print(f"                                        {compared(rows, 2, 1)} of doubling gaps")
    print(f"  policy, progress reported    {told_s:6.1f} s {compared(rows, 3, 0)} of round robin")


def compared(rows: Sequence[tuple[float, ...]], one: int, other: int) -> str:
    ratios = [row[one] / row[other] for row in rows]
    return f"{mean(ratios):.2f} (worst {max(ratios):.2f})"


def misjudged(run: Budgeted, seed: int) -> None:
    """The world is not as it was learned, or progress lies."""
    print("\n60 requests a minute, what was learned is wrong (of round robin in the same world)")
    cases: list[tuple[str, Sequence[Model], Report]] = [
        ("1 in 20 lasts ten times as long", [replace(one, heavy=0.05) for one in MIXED], unreported),
        (
            "all last 1.5 times as long",
            [replace(one, median_s=one.median_s * 1.5) for one in MIXED],
            unreported,
        ),
        (
            "all last two thirds as long",
            [replace(one, median_s=one.median_s / 1.5) for one in MIXED],
            unreported,
        ),
        ("batches of 1, 2 and 4", [replace(one, batches=(1.0, 1.0, 2.0, 4.0)) for one in MIXED], unreported),
        ("50 % for most of the time", MIXED, plateau),
        ("100 % after a third of the time", MIXED, too_early),
        ("percentages without meaning", MIXED, meaningless),
    ]
    for name, models, report in cases:
        blind = run(models, RoundRobin(), seed, unreported)
        asked = run(models, by_worth(as_if(models, seed), PER_MINUTE), seed, report)
        ratio = asked.mean_late_s / blind.mean_late_s
        print(f"  {name:32} {ratio:.2f}, nobody unasked for more than {asked.longest_unasked_s:.0f} s")


def as_if(models: Sequence[Model], seed: int) -> History:
    """What the usual models have shown, under the names of these."""
    usual, history = learned(MIXED, seed + 50), History()
    history.replace(
        {model.key: usual.observations(was.key) for model, was in zip(models, MIXED, strict=True)}
    )
    return history


def unlimited(models: Sequence[Model], name: str, seeds: Sequence[int]) -> None:
    print(f"\nNo budget, {name} (asking every 5 s: 1)")
    for says, report in (("nothing reported", unreported), ("progress reported", linear)):
        requests, late_s, late_five_s = [], [], []
        for seed in seeds:
            five = World(models, Timed(lambda _: 5.0), seed).flow(3_000)
            asked = World(models, by_worth(learned(models, seed + 50), None), seed, report).flow(3_000)
            requests.append(asked.requests_each / five.requests_each)
            late_s.append(asked.mean_late_s)
            late_five_s.append(five.mean_late_s)
        print(
            f"  {says:18} {mean(requests):.2f} of the requests (worst {max(requests):.2f}),"
            f" noticed after {mean(late_s):.2f} s instead of {mean(late_five_s):.2f} s"
        )


def cost() -> None:
    policy = Policy(learned(MIXED, 1), Timing(), Random(1))
    views = [TaskView(model.key, 0.0, float(age)) for model in MIXED for age in range(0, 400, 4)]
    told = [replace(view, readings=[]) for view in views]
    for view in told:
        view.asked(view.asked_s + 5, min(int(view.asked_s / 4), 99))
    pressed = Pressure(10.0, 100.0)
    cases: list[tuple[str, list[TaskView], Callable[[TaskView], float]]] = [
        ("next_at", views, policy.next_at),
        ("next_at, exhausted", views, lambda one: policy.next_at(one, pressed)),
        ("next_at, progress", told, policy.next_at),
        ("worth", views, lambda one: policy.worth(one, one.asked_s + 9)),
        ("worth, progress", told, lambda one: policy.worth(one, one.asked_s + 9)),
    ]
    print("\nCost of one decision")
    for name, of, decide in cases:
        print(f"  {name:20} {timed(decide, of):.1f} µs")


def timed(decide: Callable[[TaskView], float], views: Sequence[TaskView]) -> float:
    """Microseconds for one, the best of five rounds."""
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for view in views:
            decide(view)
        best = min(best, time.perf_counter() - begun)
    return best / len(views) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=100.0)
    options = parser.parse_args()
    seeds, run = range(1, options.seeds + 1), spend(options.minutes)
    exhausted(run, MIXED, "medians 60, 120, 300 s with spreads 0.3, 0.5, 0.8", seeds)
    exhausted(run, CROSSED, "every median with every spread", seeds)
    misjudged(run, 1)
    unlimited(MIXED, "medians 60, 120, 300 s with spreads 0.3, 0.5, 0.8", seeds)
    unlimited(CROSSED, "every median with every spread", seeds)
    cost()


if __name__ == "__main__":
    main()
