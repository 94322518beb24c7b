"""Puts the demo together: its ports, its people, its past, and what keeps it going."""

import asyncio
import fcntl
import json
from io import TextIOWrapper
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Value
from django.db.models.functions import Replace

from dashboard.demo.cast import VISITOR, connect_accounts, gather_team
from dashboard.demo.environment import ignored
from dashboard.demo.script import Script
from dashboard.demo.simulators import Simulators, open_sockets
from dashboard.one_time_links import sign_in_path
from tasks.models import Result
from tasks.startup import CannotStart


class Stage:
    """An opened demo: run it on the server's loop."""

    def __init__(self, simulators: Simulators, script: Script, visitor: User, lock: TextIOWrapper) -> None:
        self._simulators = simulators
        self._script = script
        self._visitor = visitor
        self._lock = lock

    async def run(self, stop: asyncio.Event) -> None:
        """Answer as the providers and act as the team until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._simulators.run(stop))
            group.create_task(self._script.run(stop))

    def notice(self) -> str:
        """What to tell at the start; `{url}` stands for the address of the page."""
        lines = [f"This is the demo: its providers are simulated, its data is in {settings.DATA_DIR}."]
        if ignored():
            lines.append(f"It leaves the real installation alone: {', '.join(ignored())} not used.")
        lines += ["Sign in with this link, which works once:", f"{{url}}{sign_in_path(self._visitor)}"]
        return "\n".join(lines) + "\n"


def open_stage() -> Stage:
    """Take the ports, make people, accounts and a past. CannotStart when another process plays this demo already."""
    lock = _lock(settings.DATA_DIR / "demo.lock")
    kept = settings.DATA_DIR / "ports.json"
    before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    simulators = open_sockets(before)
    kept.write_text(json.dumps(simulators.ports()))
    people = gather_team()
    script = Script(simulators, connect_accounts(simulators), people)
    if "cdn" in before:
        _move_files(f"http://127.0.0.1:{before['cdn']}/", f"{simulators.origin('cdn')}/")
    script.begin()
    return Stage(simulators, script, people[VISITOR], lock)


def _lock(path: Path) -> TextIOWrapper:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise CannotStart(
            f"A demo runs in {path.parent} already. End it first, or choose another DATA_DIR."
        ) from error
    return file


def _move_files(old: str, new: str) -> None:
    """The port of earlier results is taken by somebody else now: let them lead to the present one."""
    if old != new:
        moved = Replace(F("remote_url"), Value(old), Value(new))
        Result.objects.filter(remote_url__startswith=old).update(remote_url=moved)
