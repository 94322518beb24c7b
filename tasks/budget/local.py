"""What this process may send for an account: so many requests in any 60 seconds, so many at once."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil, inf

from tasks.budget.division import Share

RESERVE_SHARE = 0.25
"""A process holds so much of the whole beyond what it uses: the first of a burst need not wait for the database."""
FREE_SHARE = 0.5
"""Of its requests it may send so many at once; the others evenly. A log alone lets a full minute's burst come again
every minute, for ever, and whoever ends in between waits for the next one."""
MEMORY = 0.9
"""What it holds shrinks by a tenth at a time, so that every burst does not begin anew."""


@dataclass(frozen=True, slots=True)
class Part:
    """What this process holds, on its monotonic clock. `requests` None: nobody counts them."""

    requests: int | None
    places: int
    until_s: float = inf


@dataclass(frozen=True, slots=True)
class Wish:
    """What it would like to hold, and what it cannot let go because it is spent."""

    requests: int
    places: int
    used: int
    in_flight: int


class Budget:
    """A log of requests, not a bucket: a bucket lets twice the number through around a full minute.

    A request counts from its sending until 60 s after its answer, since the provider may count it anywhere
    in between. Times are seconds of one monotonic clock. Safe to use from several threads.
    Made with limits of its own it holds all of them; those of `Budgets` hold what the ledger gave.
    """

    def __init__(self, per_minute: int | None, at_once: int, window_s: float = 60.0) -> None:
        self.per_minute = per_minute
        """What this process can count on in the long run."""
        self.at_once = at_once
        """Of the whole account."""
        self.window_s = window_s
        self.part = Part(per_minute, at_once)
        self.in_flight = 0
        self.wanted = Wish(0, 0, 0, 0)
        self.settled_s = -inf
        """When the ledger was last asked."""
        self.on_short: Callable[[], None] = lambda: None
        self.grown: set[Callable[[], None]] = set()
        """Told from any thread when there is more to send."""
        self._refused_s: float | None = None
        self._held_back = self._short_of_requests = self._short_of_places = False
        self._limits = per_minute, at_once
        self._whole_requests = per_minute or 0
        self._peak = 0
        self._taken_s = -inf
        self._ended: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, now: float) -> float | None:
        """Seconds until a request may be sent: 0 is now, None is not before something happens."""
        with self._lock:
            return self._wait_s(now)

    def take(self, now: float, *, evenly: bool = False) -> float | None:
        """As `wait_s`, and begin a request when it is 0: nobody else can take the same place.

        `evenly`: the more is used up, the less of it in bursts.
        """
        with self._lock:
            if evenly and (pause_s := self._pause_s(now)):
                self._held_back = True
                return pause_s
            wait_s = self._wait_s(now)
            if wait_s == 0.0:
                self._begin()
                self._taken_s = now
                return wait_s
            could_grow = self._can_grow
            requests = self.part.requests
            self._short_of_places |= self.in_flight >= self.part.places
            self._short_of_requests |= requests is not None and self._used >= requests
            self._held_back = True
            tell = self._can_grow and not could_grow
        if tell:
            self.on_short()
        return wait_s

    def begin(self) -> None:
        with self._lock:
            self._begin()

    def end(self, now: float) -> None:
        with self._lock:
            self.in_flight -= 1
            self._ended.append(now)

    def used(self, now: float) -> int:
        """Requests of the last 60 s, those in flight included."""
        with self._lock:
            self._forget(now)
            return self._used

    def spent(self, now: float) -> list[float]:
        """When the requests of the last 60 s were answered."""
        with self._lock:
            self._forget(now)
            return list(self._ended)

    def refused(self, sent_s: float) -> None:
        """The provider said that a request sent then was one too many."""
        with self._lock:
            self._refused_s = max(sent_s, self._refused_s or -inf)

    def take_refusal(self) -> float | None:
        """When the last refused request was sent; told once."""
        with self._lock:
            sent_s, self._refused_s = self._refused_s, None
            return sent_s

    async def more(self, within_s: float) -> None:
        """Return when there may be more to send than before, at the latest after so many seconds."""
        loop, grown = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(grown.set)

        self.grown.add(tell)
        try:
            async with asyncio.timeout(within_s):
                await grown.wait()
        except TimeoutError:
            pass
        finally:
            self.grown.discard(tell)

    # What the ledger asks and tells

    def limit(self, per_minute: int | None, at_once: int) -> None:
        """What a person allows the whole account. The ledger may know less, so it counts only when it is news."""
        with self._lock:
            if self._limits != (per_minute, at_once):
                self._limits = per_minute, at_once
                self.at_once, self._whole_requests = at_once, per_minute or 0

    @property
    def is_short(self) -> bool:
        """Something was held back since the last wish."""
        return self._held_back

    @property
    def is_eager(self) -> bool:
        """The ledger should be asked at once: there may be more, or the provider said too many."""
        return self._can_grow or self._refused_s is not None

    def is_busy(self, now: float) -> bool:
        """There is something to write down, to renew or to give back."""
        wanted = self.wanted
        return bool(self.used(now) or self.is_short or wanted.requests or wanted.places)

    def wish(self, per_minute: int | None, at_once: int, now: float) -> Wish:
        """What it would like to hold of the whole. Asking ends the shortness and begins a new peak."""
        with self._lock:
            self._forget(now)
            peak, self._peak = max(self._peak, self.in_flight), self.in_flight
            requests = _need(per_minute or 0, self._used, self.part.requests or 0, self._short_of_requests)
            places = _need(at_once, peak, self.part.places, self._short_of_places)
            if not self._used and not self._held_back:
                requests = places = 0
            self.wanted = Wish(
                max(requests, int(min(self.wanted.requests, per_minute or 0) * MEMORY)),
                max(places, int(min(self.wanted.places, at_once) * MEMORY)),
                self._used,
                self.in_flight,
            )
            self._held_back = self._short_of_requests = self._short_of_places = False
            self.at_once, self._whole_requests = at_once, per_minute or 0
            return self.wanted

    def shrink(self, share: Share, now: float) -> tuple[int, int]:
        """Use no more than the share from now on; the requests and places that are ours all the same."""
        with self._lock:
            self._forget(now)
            requests = _less(self.part.requests, share.requests)
            self.part = Part(requests, min(self.part.places, share.places), self.part.until_s)
            return max(share.requests or 0, self._used), max(share.places, self.in_flight)

    def grow(self, share: Share, until_s: float) -> None:
        """The share is written down: it may be used until then."""
        with self._lock:
            before, self.part = self.part, Part(share.requests, share.places, until_s)
            self.per_minute = share.reach
            more = share.places > before.places or _more(share.requests, before.requests)
            waiting = list(self.grown) if more else []
        for tell in waiting:
            tell()

    def rest(self) -> None:
        """It was given back: wish anew from nothing."""
        with self._lock:
            self.wanted, self._peak = Wish(0, 0, 0, 0), self.in_flight

    def _begin(self) -> None:
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)

    def _wait_s(self, now: float) -> float | None:
        self._forget(now)
        part = self.part
        if self.in_flight >= part.places or now >= part.until_s:
            return None
        if part.requests is None or self._used < part.requests:
            return 0.0
        first = self._used - part.requests
        if first >= len(self._ended):
            return None
        return max(0.0, self._ended[first] + self.window_s - now)

    def _pause_s(self, now: float) -> float:
        self._forget(now)
        if self.per_minute is None or self._used < FREE_SHARE * self.per_minute:
            return 0.0
        return max(0.0, self._taken_s + self.window_s / max(self.per_minute, 1) - now)

    @property
    def _can_grow(self) -> bool:
        """It is short and got all it wished for: the ledger may have more. Else the next regular look will do."""
        places, requests = self.part.places, self.part.requests or 0
        more_places = self._short_of_places and self.wanted.places <= places < self.at_once
        return more_places or (
            self._short_of_requests and self.wanted.requests <= requests < self._whole_requests
        )

    @property
    def _used(self) -> int:
        return len(self._ended) + self.in_flight

    def _forget(self, now: float) -> None:
        while self._ended and self._ended[0] + self.window_s <= now:  # the very sum that a wait is made of
            self._ended.popleft()


def _need(whole: int, used: int, held: int, is_short: bool) -> int:
    """What it uses and some more; one that is short, twice what it has."""
    return min(whole, ceil(whole * RESERVE_SHARE) + (max(2 * held, used) if is_short else used))


def _less(one: int | None, other: int | None) -> int | None:
    return min((count for count in (one, other) if count is not None), default=None)


def _more(now: int | None, before: int | None) -> bool:
    return before is not None and (now is None or now > before)
