"""Decides when to ask about a task next, and whose answer is worth most. Pure but for what it has learned."""

from collections.abc import Callable
from functools import partial
from math import inf, sqrt
from random import Random

from tasks.scheduling.cadence import first_gap_s, next_gap_s
from tasks.scheduling.durations import Durations
from tasks.scheduling.history import History
from tasks.scheduling.observation import Observation
from tasks.scheduling.price import CALM, Pressure
from tasks.scheduling.progress import joined
from tasks.scheduling.view import TaskView
from tasks.scheduling.worth import forecast_worth_s, worth_s
from tasks.timing import Timing

FLOOR_SHARE = 0.25
"""No task is asked sooner after its last ask than this share of its kind's first gap."""
CEILING_TIMES = 8.0
"""Nor later than so many first gaps, while requests suffice: 24 s for an image, 40 s for all else."""
STARVED_ROUNDS = 4.0
"""Under an exhausted budget no task waits longer than the budget takes to go round all tasks so many times."""
BLUR_TIMES = 3.0
USEFUL_SHARE = 0.7
"""A forecast from progress says something when it is this much narrower than what durations alone say."""
_PRECISION = 0.1
_NEAR = 0.02
_ROOTS, _TRIES = 3, 12


class Policy:
    """Holds what was learned. Belongs to one thread; every decision takes some microseconds."""

    def __init__(self, history: History, timing: Timing, random: Random) -> None:
        self.history = history
        self._timing = timing
        self._random = random

    def next_at(self, view: TaskView, pressure: Pressure = CALM) -> float:
        """When to ask again about a task that was asked just now and still runs.

        Without history that is the cadence's gap. With it, the moment at which an answer is worth its price, between
        floor and ceiling. A gap is shortened by up to a fifth at random, so that tasks begun together part.
        """
        known = self.history.durations(view.key)
        if known is None and not pressure.price_s:
            gap_s = next_gap_s(view.key.kind, view.age_s, view.interval_s, self._timing, self._random)
            return view.asked_s + gap_s
        known = known or self.history.anything
        price_s = max(pressure.price_s, self._price_s(view))
        gap_s = self._gap_s(view, known, price_s, pressure)
        return view.asked_s + gap_s * (1 - self._timing.jitter * self._random.random())

    def worth(self, view: TaskView, now_s: float, pressure: Pressure = CALM) -> float:
        """Seconds of late notice that asking now saves. Endless once the task waits for its ceiling."""
        _, ceiling_s = self._bounds_s(view, pressure)
        if now_s - view.asked_s >= ceiling_s:
            return inf
        known = self.history.durations(view.key) or self.history.anything
        return self._worth_from(view, known)(now_s - view.begun_s)

    def learn(self, view: TaskView, now_s: float) -> None:
        """An ask has just shown that the task ended since the one before."""
        low_s, high_s = view.age_s, now_s - view.begun_s
        if high_s > 0:
            self.history.add(view.key, Observation(max(low_s, 0.0), high_s))
            if view.readings:
                self.history.habit(view.key).learn(view.readings, low_s, high_s)

    def _bounds_s(self, view: TaskView, pressure: Pressure) -> tuple[float, float]:
        first_s = first_gap_s(view.key.kind, self._timing)
        ceiling_s = view.interval_s or CEILING_TIMES * first_s
        floor_s = min(FLOOR_SHARE * first_s, ceiling_s)
        if pressure.round_s > ceiling_s:
            return floor_s, STARVED_ROUNDS * pressure.round_s
        return floor_s, ceiling_s

    def _price_s(self, view: TaskView) -> float:
        """The price at which tasks of the kind are noticed as soon as if all were asked at the kind's first gap."""
        usual_s = view.interval_s or first_gap_s(view.key.kind, self._timing)
        gap_s = usual_s / (1 - self._timing.jitter / 2)  # what the jitter takes on average
        patience = self.history.patience(view.key.kind)
        return gap_s * gap_s / (2 * patience * patience) if patience else 0.0

    def _gap_s(self, view: TaskView, known: Durations, price_s: float, pressure: Pressure) -> float:
        """The gap between floor and ceiling after which an answer is worth its price, to a few percent.

        Worth grows about with the square of the gap, so a root is a good next guess; halving helps where it is not.
        """
        low_s, high_s = self._bounds_s(view, pressure)
        worth = self._worth_from(view, known)
        gap_s, value_s = low_s, worth(view.age_s + low_s)
        if value_s >= price_s:
            return low_s
        if worth(view.age_s + high_s) < price_s:
            return high_s
        for tried in range(_TRIES):
            guess_s = gap_s * sqrt(price_s / value_s) if value_s > 0 and tried < _ROOTS else 0.0
            gap_s = guess_s if low_s < guess_s < high_s else (low_s + high_s) / 2
            value_s = worth(view.age_s + gap_s)
            low_s, high_s = (gap_s, high_s) if value_s < price_s else (low_s, gap_s)
            if abs(value_s - price_s) <= _PRECISION * price_s or high_s - low_s <= _NEAR * high_s:
                break
        return gap_s

    def _worth_from(self, view: TaskView, known: Durations) -> Callable[[float], float]:
        """The worth of asking by the age at which it is done."""
        asked_age_s, habit = view.age_s, self.history.habit(view.key)
        if view.readings:
            forecast = habit.forecast(view.readings[-1])
            if forecast and forecast.spread < USEFUL_SHARE * known.spread_from(asked_age_s):
                return partial(forecast_worth_s, known, joined(forecast, known), asked_age_s)
            return partial(worth_s, known, 1.0, asked_age_s)
        blur = 1.0 if habit.spread is None else min(1.0, BLUR_TIMES * habit.spread / known.spread)
        return partial(worth_s, known, blur, asked_age_s)
