"""An account's limits hold whatever its processes do: they join, leave, die, stop for a while, come again."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tasks.budget.division import shares
from tests.budget_world import Process, World

ANY = st.integers(0, 9)


class Processes(RuleBasedStateMachine):
    """What they do in any order, and how the provider counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(5, 3)

    def _one(self, number: int) -> Process | None:
        alive = self.world.processes
        return alive[number % len(alive)] if alive else None

    @rule()
    def join(self) -> None:
        if len(self.world.processes) < 4:
            self.world.join()

    @rule(number=ANY, takes_s=st.floats(0.0, 9.0), times=st.integers(1, 6))
    def ask(self, number: int, takes_s: float, times: int) -> None:
        one = self._one(number)
        for _ in range(times):
            if one:
                self.world.send(one, takes_s)

    @rule(number=ANY)
    def look(self, number: int) -> None:
        one = self._one(number)
        if one and not one.is_stopped:
            self.world.settle(one)

    @rule(seconds=st.sampled_from([0.01, 0.5, 3.0, 11.0, 29.0, 31.0, 59.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.world.tick(seconds)

    @rule(number=ANY)
    def leave(self, number: int) -> None:
        if one := self._one(number):
            self.world.leave(one)

    @rule(number=ANY, is_seen=st.booleans())
    def kill(self, number: int, is_seen: bool) -> None:
        if one := self._one(number):
            self.world.kill(one, is_seen=is_seen)

    @rule(number=ANY)
    def stop_or_go_on(self, number: int) -> None:
        """SIGSTOP and SIGCONT: it wakes with what it held in its memory."""
        if one := self._one(number):
            one.is_stopped = not one.is_stopped

    @invariant()
    def no_minute_holds_more_than_the_limit(self) -> None:
        assert self.world.most_in_a_minute() <= 5

    @invariant()
    def no_more_at_once(self) -> None:
        assert self.world.most_at_once <= 3


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


@given(
    st.integers(0, 40),
    st.dictionaries(st.integers(1, 9).map(lambda n: UUID(int=n)), st.integers(0, 30), max_size=6),
    st.integers(0, 99),
)
def test_shares_are_fair_and_leave_nothing_that_is_wanted(
    whole: int, wanted: dict[UUID, int], turn: int
) -> None:
    given_ = shares(whole, wanted, turn)
    assert sum(given_.values()) == min(whole, sum(wanted.values()))
    assert all(given_[one] <= wanted[one] for one in wanted)
    unmet = [given_[one] for one in wanted if given_[one] < wanted[one]]
    assert all(most <= min(unmet, default=whole) + 1 for most in given_.values())


def test_one_process_alone_uses_everything() -> None:
    world = World(60, 20)
    world.join()
    world.run(200)
    assert world.sent_since(20.0) >= 0.97 * 180


def test_two_that_want_more_than_there_is_come_to_have_half_each() -> None:
    world = World(60, 20)
    first = world.join()
    world.run(90)
    second = world.join()
    world.run(130)
    since_s = world.now_s - 61
    assert abs(world.sent_since(since_s, first) - world.sent_since(since_s, second)) <= 4
    assert world.sent_since(since_s) >= 57


@pytest.mark.parametrize("count", [2, 3, 5])
def test_nobody_starves_though_there_is_less_than_one_for_each(count: int) -> None:
    world = World(1, 1)
    everybody = [world.join() for _ in range(count)]
    world.run(60.0 * 8 * count)
    assert all(world.sent_since(0.0, one) >= 2 for one in everybody)


@pytest.mark.parametrize("is_seen", [True, False])
def test_the_part_of_a_killed_one_is_used_again(is_seen: bool) -> None:
    """Within 65 s where its end is seen, and after its lease where it is not."""
    world = World(60, 20)
    world.join()
    second = world.join()
    world.run(130)
    world.kill(second, is_seen=is_seen)
    world.run(65 if is_seen else 95)
    since_s = world.now_s
    world.run(60)
    assert world.sent_since(since_s) >= 57
    assert world.most_in_a_minute() <= 60


def test_after_a_restart_what_was_sent_still_counts_and_no_more_than_that() -> None:
    """Killed after ten requests of sixty: fifty more are free but for the few it held in reserve."""
    world = World(60, 20)
    first = world.join()
    world.settle(first)
    for _ in range(10):
        while not world.send(first, 0.1):
            world.settle(first)
        world.tick(1.0)
    world.settle(first)
    world.kill(first, is_seen=True)
    since_s = world.now_s
    world.join()
    world.run(20)
    assert 25 <= world.sent_since(since_s) <= 50
    world.run(160)
    assert world.sent_since(since_s + 60) >= 110
    assert world.most_in_a_minute() <= 60


def test_one_that_leaves_gives_back_what_is_free_at_once() -> None:
    world = World(60, 20)
    first = world.join()
    world.run(10)
    world.leave(first)
    assert world.sent_since(0.0) == 60
    world.join()
    world.run(63)
    assert world.sent_since(60.0) >= 55
    assert world.most_in_a_minute() <= 60


def test_an_idle_process_takes_nothing_from_the_others() -> None:
    world = World(60, 20)
    idle = world.join()
    world.settle(idle)
    idle.is_stopped = True
    busy = world.join()
    world.run(10)
    assert world.sent_since(0.0, busy) == 60
