"""Time limits for many things at once: one timer for all of them, where `asyncio.timeout` sets one for each."""

import asyncio
from math import inf
from types import TracebackType


class Deadline:
    """A block of code that is given up with TimeoutError at `at_s` of the loop's clock, or never."""

    __slots__ = ("_cancelling", "_late", "_of", "_task", "at_s")

    def __init__(self, of: "Deadlines", at_s: float) -> None:
        self._of = of
        self._late = False
        self.at_s = at_s

    def __enter__(self) -> "Deadline":
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be given up")
        self._task, self._cancelling = task, task.cancelling()
        self._of.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._of.discard(self)
        if self._late and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def move(self, at_s: float) -> None:
        """To another time; infinity for never."""
        self.at_s = at_s
        self._of.watch(at_s)

    def expire(self) -> None:
        self._late = True
        self._task.cancel()


class Deadlines:
    """The deadlines of one loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._open: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Deadline:
        """Use with `with`: its block may take that long."""
        return Deadline(self, self._loop.time() + seconds)

    def add(self, one: Deadline) -> None:
        self._open[one] = None
        self.watch(one.at_s)

    def discard(self, one: Deadline) -> None:
        self._open.pop(one, None)

    def watch(self, at_s: float) -> None:
        """Look at that time or earlier. Nearly all are met, so a timer set before is soon enough for most."""
        if at_s == inf or (self._timer and self._timer.when() <= at_s):
            return
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(at_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        for one in [one for one in self._open if one.at_s <= now]:
            self.discard(one)
            one.expire()
        self.watch(min((one.at_s for one in self._open), default=inf))
