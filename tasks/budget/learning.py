"""What a "too many requests" teaches: a lower rate at once, raised again slowly. Pure.

Multiplicative decrease and additive increase, as in TCP's congestion control (Chiu and Jain 1989).
"""

from dataclasses import dataclass

DECREASE = 0.75
INCREASE = 0.05
"""Of the rate that was too high, a minute."""
LEAST = 10
"""Requests a minute: the pauses that a provider asks for do the rest."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """`rate` requests a minute were too many; `to` are sent since `at_s`, on the calendar's clock."""

    rate: int
    to: int
    at_s: float


def slowed(limit: int | None, sent: int, now_s: float) -> Slowed:
    """After a refusal: `sent` requests in the last minute under a limit that holds just now."""
    rate = sent if limit is None else min(limit, sent)
    rate = max(rate, LEAST if limit is None else min(limit, LEAST))
    least = rate if rate <= LEAST else LEAST
    return Slowed(rate, max(least, int(rate * DECREASE)), now_s)


def allowed(limit: int | None, learned: Slowed | None, now_s: float) -> int | None:
    """Requests a minute just now. Without a limit, what was learned is over at twice the rate that was too high."""
    if learned is None:
        return limit
    step = max(1.0, learned.rate * INCREASE)
    rate = learned.to + int(max(0.0, now_s - learned.at_s) / 60.0 * step)
    end = 2 * learned.rate if limit is None else limit
    return limit if rate >= end else rate
