"""`kill -9` of one of three pollers: seconds until every task it held has been asked about by another.

uv run python -m tests.benchmarks.takeover [--database URL] [--tasks 300] [--times 3]

With the usual durations; a PostgreSQL database must be empty. The others see that the process is gone; elsewhere
only its missing heartbeat would tell, after 30 s.
"""

import argparse
import statistics
import time

from tests.benchmarks.counting import Counting
from tests.benchmarks.fleet import Fleet, fleet, wait_until

GAP_S = 2.0
PATIENCE_S = 60.0


def running(name: str, _: float) -> object:
    return {"id": name, "status": "processing"}


def is_spread(ours: Fleet, tasks: int) -> bool:
    parts = ours.parts()
    return len(parts) == 3 and min(parts) >= 0.25 * tasks


def taken_over_s(ours: Fleet, provider: Counting, tasks: int) -> float:
    """Kills one that holds its share."""
    if wait_until(lambda: is_spread(ours, tasks), PATIENCE_S) is None:
        raise RuntimeError(f"not spread: {ours.parts()}")
    victim = ours.pollers[0]
    sql = (
        "SELECT remote_id FROM tasks_task JOIN tasks_poller p ON claimed_by_id = p.id"
        f" WHERE p.pid = {victim.pid}"
    )
    names = [name for (name,) in ours.query(sql)]
    ours.kill(victim)
    killed_s = time.monotonic()
    found = wait_until(lambda: all(provider.asked.get(name, 0.0) > killed_s for name in names), PATIENCE_S)
    if found is None:
        raise RuntimeError("some of its tasks are asked by nobody")
    ours.start()
    print(f"{len(names)} tasks asked again after {found:.1f} s", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="")
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    provider = Counting(running)
    try:
        with fleet(given.database, {"usual_first_gap_s": GAP_S, "longest_gap_s": GAP_S}) as ours:
            names = [f"t{n}" for n in range(given.tasks)]
            ours.fill(
                [{"slug": "a", "key": "sk-benchmark-0123456789", "base_url": provider.url, "tasks": names}]
            )
            for _ in range(3):
                ours.start()
            ours.await_ready()
            found = [taken_over_s(ours, provider, given.tasks) for _ in range(given.times)]
        print(
            f"median {statistics.median(found):.1f} s, longest {max(found):.1f} s; tasks are asked every {GAP_S:g} s"
        )
    finally:
        provider.close()


if __name__ == "__main__":
    main()
