"""A provider with running tasks, and ways to ask about them: what the policy is measured against. No clock, no I/O."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import exp, log
from random import Random
from statistics import mean

from tasks.scheduling import CALM, History, Key, Policy, Pressure, Price, TaskView
from tasks.scheduling.agenda import Agenda
from tasks.scheduling.observation import Observation
from tasks.scheduling.price import DUE_WANTED
from tasks.timing import Timing
from tasks.vocabulary import Kind

Report = Callable[[float, Random], int | None]
"""What a task says of its progress when that share of its time has passed."""


@dataclass(frozen=True)
class Model:
    """Tasks of one model last log-normally long: in the middle `median_s`, the logarithm spread by `spread`."""

    median_s: float
    spread: float
    heavy: float = 0.0
    """The share of tasks that last ten times as long."""
    batches: tuple[float, ...] = (1.0,)
    """Times as long, for tasks of several pieces."""

    @property
    def key(self) -> Key:
        return Key(1, "lemondata", f"m{self.median_s:.0f}-{self.spread}", Kind.VIDEO)

    def duration_s(self, random: Random) -> float:
        usual_s = self.median_s * exp(self.spread * random.gauss(0, 1)) * random.choice(self.batches)
        return usual_s * (10 if random.random() < self.heavy else 1)


MIXED = (Model(60, 0.3), Model(120, 0.5), Model(300, 0.8))
CROSSED = tuple(Model(median, spread) for median in (60, 120, 300) for spread in (0.3, 0.5, 0.8))


def unreported(share: float, random: Random) -> int | None:
    return None


def linear(share: float, random: Random) -> int | None:
    return int(100 * min(share, 0.99))


@dataclass(eq=False)
class Job:
    """One task at the provider."""

    view: TaskView
    end_s: float
    random: Random
    asks: int = 0


@dataclass
class Outcome:
    """What a way of asking brought, after the beginning was left out."""

    late_s: list[float] = field(default_factory=list)
    requests: int = 0
    longest_unasked_s: float = 0.0

    @property
    def mean_late_s(self) -> float:
        return mean(self.late_s)

    @property
    def requests_each(self) -> float:
        return self.requests / len(self.late_s)


class Asking:
    """A way of asking: told of every task and every answer, it says whom to ask."""

    def begin(self, job: Job, now_s: float) -> None:
        raise NotImplementedError

    def pick(self, now_s: float) -> Job | None:
        """Whom to ask now; None: nobody yet."""
        raise NotImplementedError

    def runs(self, job: Job, now_s: float) -> None:
        """It still runs."""
        self.begin(job, now_s)

    def ended(self, job: Job, now_s: float) -> None:
        """It has ended; it is not asked again."""

    def next_s(self, now_s: float) -> float:
        """Without a budget: when somebody is due."""
        raise NotImplementedError


class RoundRobin(Asking):
    """Always the one asked longest ago."""

    def __init__(self) -> None:
        self._turn: deque[Job] = deque()

    def begin(self, job: Job, now_s: float) -> None:
        self._turn.append(job)

    def pick(self, now_s: float) -> Job | None:
        return self._turn.popleft()


class Timed(Asking):
    """Every task is asked when its own gap is over; who is due first goes first."""

    def __init__(self, gap_s: Callable[[Job], float]) -> None:
        self._gap_s = gap_s
        self._agenda: Agenda[Job] = Agenda()

    def begin(self, job: Job, now_s: float) -> None:
        self._agenda.put(job, now_s + self._gap_s(job))

    def pick(self, now_s: float) -> Job | None:
        return self._agenda.take() if self._agenda.look(now_s) == 0.0 else None

    def next_s(self, now_s: float) -> float:
        return now_s + (self._agenda.look(now_s) or 0.0)


def backoff(first_s: float) -> Timed:
    """The gap doubles with every ask."""
    return Timed(lambda job: first_s * 2**job.asks)


class ByWorth(Asking):
    """As the poller does: by the policy, at a price that the budget makes."""

    def __init__(self, policy: Policy, *, round_s: Callable[[int], float] | None = None) -> None:
        self._policy = policy
        self._agenda: Agenda[Job] = Agenda()
        self._price = Price()
        self._round_s = round_s

    @property
    def pressure(self) -> Pressure:
        return Pressure(self._price.value_s, self._round_s(len(self._agenda) + 1)) if self._round_s else CALM

    def begin(self, job: Job, now_s: float) -> None:
        self._agenda.put(job, self._policy.next_at(job.view, self.pressure))

    def pick(self, now_s: float) -> Job | None:
        if self._agenda.look(now_s) != 0.0:
            return None
        pressure = self.pressure
        job = self._agenda.take(lambda one: self._policy.worth(one.view, now_s, pressure))
        if self._round_s:
            self._price.spent(self._policy.worth(job.view, now_s, pressure), self._agenda.due)
            self._put_off(now_s)
        return job

    def _put_off(self, now_s: float) -> None:
        pressure = self.pressure
        if self._agenda.due > 2 * DUE_WANTED:
            self._agenda.put_off(
                pressure.price_s,
                lambda one: self._policy.worth(one.view, now_s, pressure),
                lambda one: self._policy.next_at(one.view, pressure),
            )

    def ended(self, job: Job, now_s: float) -> None:
        self._policy.learn(job.view, now_s)

    def next_s(self, now_s: float) -> float:
        return now_s + (self._agenda.look(now_s) or 0.0)


def drawn(models: Sequence[Model], seed: int, n: int) -> tuple[Model, float, Random]:
    """The n-th task, its seconds and its chance: the same however it is asked about."""
    random = Random(seed * 1_000_003 + n)
    model = random.choice(models)
    return model, model.duration_s(random), random


class World:
    """So many running tasks: as soon as the end of one is noticed, another begins."""

    def __init__(
        self,
        models: Iterable[Model],
        asking: Asking,
        seed: int,
        report: Report = unreported,
        running: int = 100,
    ) -> None:
        self._models = list(models)
        self._asking = asking
        self._seed = seed
        self._begun = 0
        self._report = report
        self.now_s = 0.0
        for n in range(running):
            self._begin(-300 * n / running)

    def _begin(self, at_s: float) -> None:
        model, takes_s, random = drawn(self._models, self._seed, self._begun)
        self._begun += 1
        job = Job(TaskView(model.key, at_s, at_s), at_s + takes_s, random)
        self._asking.begin(job, self.now_s)

    def ask(self, outcome: Outcome | None) -> None:
        """Send one request, if anybody is to be asked."""
        job = self._asking.pick(self.now_s)
        if job is None:
            return
        if outcome:
            outcome.requests += 1
            outcome.longest_unasked_s = max(outcome.longest_unasked_s, self.now_s - job.view.asked_s)
        if job.end_s <= self.now_s:
            self._asking.ended(job, self.now_s)
            if outcome:
                outcome.late_s.append(self.now_s - job.end_s)
            self._begin(self.now_s)
            return
        share = (self.now_s - job.view.begun_s) / (job.end_s - job.view.begun_s)
        job.view.asked(self.now_s, self._report(share, job.random))
        job.asks += 1
        self._asking.runs(job, self.now_s)

    def spend(self, per_minute: float, until_s: float, warm_s: float = 1000.0) -> Outcome:
        """One request after the other, evenly; the first `warm_s` do not count."""
        outcome = Outcome()
        while self.now_s < until_s:
            self.now_s += 60 / per_minute
            self.ask(outcome if self.now_s > warm_s else None)
        return outcome

    def flow(self, until_s: float, warm_s: float = 1000.0) -> Outcome:
        """As many requests as the way of asking wants."""
        outcome = Outcome()
        while self.now_s < until_s:
            self.now_s = max(self._asking.next_s(self.now_s), self.now_s)
            self.ask(outcome if self.now_s > warm_s else None)
        return outcome


def learned(models: Iterable[Model], seed: int, count: int = 200) -> History:
    """What `count` finished tasks of each model have shown."""
    random, history = Random(seed), History()
    seen = {model.key: [model.duration_s(random) for _ in range(count)] for model in models}
    history.replace({key: [Observation(one, one) for one in seconds] for key, seconds in seen.items()})
    return history


def by_worth(history: History, per_minute: float | None, seed: int = 1) -> ByWorth:
    policy = Policy(history, Timing(), Random(seed))
    return ByWorth(policy, round_s=(lambda tasks: tasks * 60 / per_minute) if per_minute else None)


def backoff_like(requests_each: float, models: Iterable[Model], seed: int, count: int = 20_000) -> float:
    """Mean lateness of doubling gaps whose first one is such that a task takes `requests_each` requests."""
    random, models = Random(seed), list(models)
    seconds = [random.choice(models).duration_s(random) for _ in range(count)]
    low, high = 0.0, log(1e5)
    for _ in range(40):
        middle = (low + high) / 2
        asked, late_s = _doubling(exp(middle), seconds)
        low, high = (middle, high) if asked > requests_each else (low, middle)
    return late_s


def _doubling(first_s: float, seconds: list[float]) -> tuple[float, float]:
    asks, late = 0, 0.0
    for end_s in seconds:
        at_s, gap_s, asks = first_s, first_s, asks + 1
        while at_s < end_s:
            gap_s *= 2
            at_s, asks = at_s + gap_s, asks + 1
        late += at_s - end_s
    return asks / len(seconds), late / len(seconds)
