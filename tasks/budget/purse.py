"""The budgets of one process."""

import threading
from collections.abc import Callable
from math import inf
from uuid import UUID, uuid4

from tasks.budget.division import Durations
from tasks.budget.local import Budget, Part


class Budgets:
    """The budgets of this process by account id: all that works in it shares them."""

    def __init__(self) -> None:
        self.holder: UUID = uuid4()
        """Which process this is, in the ledger."""
        self.durations = Durations()
        self.settling = threading.Lock()
        self.wakers: set[Callable[[], None]] = set()
        """Told from any thread when an account is short and the ledger may have more: one of each keeper."""
        self._by_account: dict[int, Budget] = {}
        self._lock = threading.Lock()

    def of(self, account_id: int, per_minute: int | None, at_once: int) -> Budget:
        """The account's budget; what it spent is kept when limits change. A new one holds nothing yet."""
        with self._lock:
            budget = self._by_account.get(account_id)
            if budget is None:
                budget = Budget(per_minute, at_once, self.durations.window_s)
                budget.part = Part(None if per_minute is None else 0, 0, -inf)
                budget.on_short = self._short
                self._by_account[account_id] = budget
            budget.limit(per_minute, at_once)
            return budget

    def all(self) -> dict[int, Budget]:
        with self._lock:
            return dict(self._by_account)

    def drop(self, account_id: int) -> None:
        """The account is no more."""
        with self._lock:
            self._by_account.pop(account_id, None)

    def forget(self) -> None:
        """As after a restart of the process."""
        with self._lock:
            self._by_account.clear()
            self.holder, self.durations = uuid4(), Durations()

    def _short(self) -> None:
        for wake in list(self.wakers):
            wake()


budgets = Budgets()
