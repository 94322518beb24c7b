"""How the processes that use an account's key divide what it may send. Pure: rows and times are passed in.

A limit of N requests in any 60 s is N tokens. A request takes one from its sending until 60 s after its answer, so no
60 s ever see more than N requests, whoever holds the tokens; and tokens that lie free may change hands at any time.
Everything here only moves tokens: those of the living and those still out with the dead never are more than N.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

LEASE_USED = 0.9
"""A process stops using what it holds a little before others may think that it is dead."""


@dataclass(frozen=True, slots=True)
class Durations:
    """In seconds."""

    window_s: float = 60.0
    """The provider's minute."""
    lease_s: float = 30.0
    """What a process holds is its own for so long, unless it renews it."""
    flight_s: float = 10.0
    """How long a server may go on with a request whose sender has died."""
    look_s: float = 2.0
    """How often the ledger is looked at."""

    @property
    def turn_s(self) -> float:
        """What cannot be divided goes round, each having it for so long."""
        return 2 * self.window_s


@dataclass(frozen=True, slots=True)
class Hold:
    """What one process holds of an account, as it last wrote it down. Times are the calendar's seconds."""

    holder: UUID
    requests: int
    places: int
    requests_wanted: int
    places_wanted: int
    until_s: float
    spent: tuple[tuple[float, int], ...] = ()
    """When requests had their answers, and how many: their tokens are not free before a minute has passed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a process may hold from now on. None: nobody counts requests."""

    requests: int | None
    places: int
    reach: int | None
    """Requests a minute that it would have if it wanted all it can get."""


def requests_out(hold: Hold, now_s: float, durations: Durations) -> int:
    """How many tokens nobody else may have.

    Of the dead: those known to be spent come back a minute after their answers, unless there was time to use them
    once more; the others might have been used at the last moment.
    """
    if now_s < hold.until_s:
        return hold.requests
    last_s = hold.until_s + durations.window_s
    out = known = 0
    for ended_s, count in hold.spent:
        back_s = ended_s + durations.window_s
        known += count
        out += count * (now_s < (back_s if back_s >= hold.until_s else last_s))
    return out + max(0, hold.requests - known) * (now_s < last_s)


def places_out(hold: Hold, now_s: float, durations: Durations) -> int:
    return hold.places if now_s < hold.until_s + durations.flight_s else 0


def is_over(hold: Hold, now_s: float, durations: Durations) -> bool:
    """Nothing of it counts any more."""
    return now_s >= hold.until_s + max(durations.window_s, durations.flight_s)


def divide(
    whole: tuple[int | None, int],
    mine: Hold,
    others: Iterable[Hold],
    now_s: float,
    durations: Durations,
) -> Share:
    """What `mine.holder` may hold of the whole (requests, places), beside the others as they are written down."""
    others = list(others)
    living = [mine, *(one for one in others if now_s < one.until_s)]
    requests, places = whole
    places_free = places - sum(places_out(one, now_s, durations) for one in others)
    wanted = {one.holder: one.places_wanted for one in living}
    turn = int(now_s // (2 * durations.flight_s))
    my_places = min(shares(places, wanted, turn)[mine.holder], max(0, places_free))
    if requests is None:
        return Share(None, my_places, None)
    free = requests - sum(requests_out(one, now_s, durations) for one in others)
    wanted = {one.holder: one.requests_wanted for one in living}
    turn = int(now_s // durations.turn_s)
    my_requests = min(shares(requests, wanted, turn)[mine.holder], max(0, free))
    reach = shares(requests, wanted | {mine.holder: requests}, turn)[mine.holder]
    return Share(my_requests, my_places, reach)


def shares(whole: int, wanted: Mapping[UUID, int], turn: int) -> dict[UUID, int]:
    """Max-min fair: nobody gets more than wanted, and what some leave goes to those who want more.

    A rest too small for all who still want goes round with `turn`, so that everybody has some of it at times.
    """
    given, rest = dict.fromkeys(wanted, 0), max(0, whole)
    hungry = sorted(one for one, count in wanted.items() if count > 0)
    while hungry and rest >= len(hungry):
        each = rest // len(hungry)
        for one in hungry:
            more = min(each, wanted[one] - given[one])
            given[one] += more
            rest -= more
        hungry = [one for one in hungry if given[one] < wanted[one]]
    if hungry:
        first = turn % len(hungry)
        for one in (hungry[first:] + hungry[:first])[:rest]:
            given[one] += 1
    return given
