"""What an account may send: so many requests in any 60 seconds, so many at once."""

import threading
from collections import deque

WINDOW_S = 60.0


class Budget:
    """A log of requests, not a bucket: a bucket lets twice the number through around a full minute.

    A request counts from its sending until 60 s after its answer, since the provider may count it anywhere
    in between. Times are seconds of one monotonic clock. Safe to use from several threads.
    """

    def __init__(self, per_minute: int | None, at_once: int) -> None:
        self.per_minute = per_minute
        self.at_once = at_once
        self.in_flight = 0
        self._ended: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, now: float) -> float | None:
        """Seconds until a request may be sent: 0 is now, None is when one in flight has ended."""
        with self._lock:
            return self._wait_s(now)

    def take(self, now: float) -> float | None:
        """As `wait_s`, and begin a request when it is 0: nobody else can take the same place."""
        with self._lock:
            wait_s = self._wait_s(now)
            self.in_flight += wait_s == 0.0
            return wait_s

    def begin(self) -> None:
        with self._lock:
            self.in_flight += 1

    def end(self, now: float) -> None:
        with self._lock:
            self.in_flight -= 1
            self._ended.append(now)

    def used(self, now: float) -> int:
        """Requests of the last 60 s, those in flight included."""
        with self._lock:
            self._forget(now)
            return self._used

    def _wait_s(self, now: float) -> float | None:
        self._forget(now)
        if self.in_flight >= self.at_once:
            return None
        if self.per_minute is None or self._used < self.per_minute:
            return 0.0
        if not self._ended:
            return None
        return max(0.0, self._ended[0] + WINDOW_S - now)

    @property
    def _used(self) -> int:
        return len(self._ended) + self.in_flight

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0] + WINDOW_S <= now:  # the very sum that a wait is made of
            self._ended.popleft()


class Budgets:
    """The budgets of this process by account id: the poller and a person's test of the connection share one."""

    def __init__(self) -> None:
        self._by_account: dict[int, Budget] = {}
        self._lock = threading.Lock()

    def of(self, account_id: int, per_minute: int | None, at_once: int) -> Budget:
        """The account's budget with the limits as they are now; what it spent is kept when they change."""
        with self._lock:
            budget = self._by_account.setdefault(account_id, Budget(per_minute, at_once))
            budget.per_minute, budget.at_once = per_minute, at_once
            return budget

    def forget(self) -> None:
        """As after a restart of the process."""
        with self._lock:
            self._by_account.clear()


budgets = Budgets()
