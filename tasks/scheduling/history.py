"""What ended tasks have shown, by key; where a key has little of its own, what its like have shown stands in.

A key's own ends count in full. Those of the same model at other accounts of its provider count as `PRIOR_COUNT` ends
together, and behind them in the same way those of the whole kind. Where fewer than `ENOUGH` ends are known of the
model, and fewer than `ENOUGH_OF_KIND` of the kind, nothing is known.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import exp, isfinite, log, sqrt

from tasks.scheduling.durations import Durations, fit, log_normal
from tasks.scheduling.observation import Observation
from tasks.scheduling.progress import Habit
from tasks.scheduling.view import Key
from tasks.vocabulary import Kind

REMEMBERED = 200
"""Observations of one key that are kept: the newest."""
ENOUGH = 3
ENOUGH_OF_KIND = 20
PRIOR_COUNT = 4.0
REFIT_SHARE = 0.05
"""A fit is made anew once so many more observations came, as a share of those it rests on."""
OF_KIND_MAX = 400
"""Observations that stand for a whole kind."""
_USUAL_ROOT = 1.2
"""Mean of one over the square root of a normal distribution's hazard, where its deviation is 1."""

Group = tuple[str, str, Kind]
"""Provider, model and kind."""


def _group(key: Key) -> Group:
    return key.provider, key.model, key.kind


@dataclass(slots=True)
class Record:
    """What is known of one key."""

    observations: deque[Observation] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    habit: Habit = field(default_factory=Habit)
    ended: int = 0
    """How many of them are ends."""
    news: int = 0
    """Observations since the last fit."""
    durations: Durations | None = None
    is_fitted: bool = False

    def take(self, observations: Iterable[Observation]) -> None:
        self.observations.extend(observations)
        self.ended = sum(isfinite(one.high_s) for one in self.observations)


class History:
    """Grows with `add`; `replace` takes what the database holds. Fits are made when somebody asks for them."""

    def __init__(self) -> None:
        self.anything = log_normal(log(120.0), 1.2)
        """What is assumed where nothing is known."""
        self._records: dict[Key, Record] = {}
        self._groups: dict[Group, list[Key]] = {}
        self._kinds: dict[Kind, Durations | None] = {}
        self._patience: dict[Kind, float | None] = {}
        self._news = 0

    def replace(self, seen: Mapping[Key, Sequence[Observation]]) -> None:
        """Forget all observations but these; what is known of progress stays."""
        for key in {*self._records, *seen}:
            record, newest = self._record(key), deque(seen.get(key, ()), maxlen=REMEMBERED)
            if record.observations != newest:
                record.observations.clear()
                record.take(newest)
                self._unfit(key)
        self._forget_kinds()

    def add(self, key: Key, observation: Observation) -> None:
        record = self._record(key)
        record.take((observation,))
        record.news += 1
        self._news += 1
        if record.news > REFIT_SHARE * record.ended:
            self._unfit(key)
        if self._news > REFIT_SHARE * sum(one.ended for one in self._records.values()):
            self._forget_kinds()

    def habit(self, key: Key) -> Habit:
        """What the reported progress of this key is worth."""
        return self._record(key).habit

    def durations(self, key: Key) -> Durations | None:
        """How long tasks of this key take; None: nothing is known."""
        record = self._records.get(key)
        if record is None or not record.is_fitted:
            record = self._record(key)
            record.durations, record.is_fitted, record.news = self._fitted(key), True, 0
        return record.durations

    def observations(self, key: Key) -> list[Observation]:
        """What was seen of tasks of this very key, the newest last."""
        return list(self._record(key).observations)

    def ended(self, key: Key) -> int:
        """How many ends of this model at this provider are known."""
        return sum(self._records[one].ended for one in self._groups.get(_group(key), ()))

    def patience(self, kind: Kind) -> float | None:
        """Mean of one over the square root of the hazard where tasks of the kind end, as far as one will know it."""
        if kind not in self._patience:
            self._patience[kind] = self._mean_patience(kind)
        return self._patience[kind]

    def _record(self, key: Key) -> Record:
        record = self._records.get(key)
        if record is None:
            record = self._records[key] = Record()
            self._groups.setdefault(_group(key), []).append(key)
        return record

    def _unfit(self, key: Key) -> None:
        """Others of its group lean on it too."""
        for one in self._groups[_group(key)]:
            self._records[one].is_fitted = False

    def _forget_kinds(self) -> None:
        self._news = 0
        self._kinds.clear()
        self._patience.clear()

    def _fitted(self, key: Key) -> Durations | None:
        of_kind = self._of_kind(key.kind)
        if self.ended(key) < ENOUGH:
            return of_kind
        others = [one for name in self._groups[_group(key)] if name != key for one in self._seen(name)]
        prior = fit(others, of_kind or self.anything, PRIOR_COUNT)
        return fit(self._seen(key), prior, PRIOR_COUNT)

    def _seen(self, key: Key) -> deque[Observation]:
        return self._records[key].observations

    def _of_kind(self, kind: Kind) -> Durations | None:
        """Of all models of the kind together."""
        if kind not in self._kinds:
            keys = [key for key in self._records if key.kind is kind]
            each = max(5, OF_KIND_MAX // max(len(keys), 1))
            seen = [one for key in keys for one in islice(reversed(self._seen(key)), each)]
            known = sum(isfinite(one.high_s) for one in seen) >= ENOUGH_OF_KIND
            self._kinds[kind] = fit(seen, self.anything, PRIOR_COUNT) if known else None
        return self._kinds[kind]

    def _mean_patience(self, kind: Kind) -> float | None:
        parts = [
            (record.ended, self._patience_of(key))
            for key, record in self._records.items()
            if key.kind is kind
        ]
        known = [(ended, patience) for ended, patience in parts if ended and patience]
        total = sum(ended for ended, _ in known)
        return sum(ended * patience for ended, patience in known) / total if total else None

    def _patience_of(self, key: Key) -> float | None:
        known = self.durations(key)
        if known is None:
            return None
        habit = self._records[key].habit
        if habit.spread is None:
            return known.patience
        deviation_s = habit.spread * exp(known.centre)
        return min(known.patience, _USUAL_ROOT * sqrt(deviation_s))
