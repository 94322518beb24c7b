"""Keyed downloads pay from their account's budget, as every request with its key does."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from tasks.budget import Budget


class BudgetToll:
    """Waits for room in a budget. `aside` is entered while it waits: others may work meanwhile.

    A download may take long, so where there are several places the last one is left to questions.
    """

    def __init__(
        self,
        budget: Budget,
        aside: Callable[[], AbstractContextManager[None]],
        look_s: float,
        check: Callable[[], None],
    ) -> None:
        """`check` raises where the account is not to be asked at all: another file may find out meanwhile."""
        self._budget = budget
        self._aside = aside
        self._look_s = look_s
        self._check = check
        self._clock = asyncio.get_running_loop().time

    async def begin(self) -> None:
        wait_s = self._take()
        if wait_s == 0.0:
            return
        with self._aside():
            while wait_s != 0.0:
                await self._budget.more(self._look_s if wait_s is None else wait_s)
                wait_s = self._take()

    def end(self) -> None:
        self._budget.end(self._clock())

    def _take(self) -> float | None:
        self._check()
        if self._budget.in_flight + 1 >= self._budget.at_once > 1:
            return None
        return self._budget.take(self._clock())
