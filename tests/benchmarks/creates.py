"""Create calls by API and gateway, at a provider with every fault, through a server that is killed at random.

uv run python -m tests.benchmarks.creates [--kills 100] [--intents 600] [--seed 1]

`serve` is killed with -9 again and again while four programs want films; each film may be made once at the most, and
one that was made must be known by its id or be called unconfirmed.
"""

import argparse
import random
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.processes import PREPARE, Served, ended, manage, rows
from tests.submitting.faults import Buyer, Intent, faulty_provider, intents, settled, wrongs

PROGRAMS = 4
LIVES_S = (0.05, 1.0)
"""So long after it is ready, at least and at most, it is killed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--intents", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        made = manage(data_dir, "shell", "--verbosity", "0", "-c", PREPARE)
        assert made.returncode == 0, made.stderr
        wanted = intents(options.intents, options.seed)
        with faulty_provider(data_dir) as provider:
            begun = time.monotonic()
            kills = play(data_dir, wanted, options.kills, chance)
            found = wrongs(data_dir, provider, wanted, killed=True)
        print(f"{kills} kills, {len(wanted)} intents, {provider.made.total()} made", end="")
        print(f" in {time.monotonic() - begun:.0f} s")
        statuses = rows(data_dir, "SELECT status, count(*) FROM tasks_task GROUP BY status")
        print(", ".join(f"{count} {status}" for status, count in statuses))
        print("wrong: " + ("nothing" if not found else f"{len(found)}\n" + "\n".join(found[:20])))
        raise SystemExit(bool(found))


def play(data_dir: Path, wanted: list[Intent], kills: int, chance: random.Random) -> int:
    """How often it was killed; in the end a server that lives settles what the others left."""
    served = Served(data_dir)
    port = served.url.rpartition(":")[2]
    buyer = Buyer(served.url, (data_dir / "token").read_text())
    done = 0
    with ThreadPoolExecutor(PROGRAMS) as programs:
        buying = [programs.submit(buyer.want, one) for one in wanted]
        while done < kills and not all(one.done() for one in buying):
            time.sleep(chance.uniform(*LIVES_S))
            served.signal(signal.SIGKILL)
            served.wait()
            done += 1
            served = Served(data_dir, "--port", port)
        for one in buying:
            one.result()
    served.signal(signal.SIGKILL)
    served.wait()
    with ended(Served(data_dir, "--port", port)):
        settled(data_dir)
    return done + 1


if __name__ == "__main__":
    main()
