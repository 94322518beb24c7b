import time
from functools import partial
from itertools import count

from dashboard.live.shared import Shared


def test_many_who_ask_at_once_are_answered_by_one_look() -> None:
    shared: Shared[int] = Shared(kept=2)
    looks = count(1)
    asked_at = time.monotonic()
    assert [shared.get("rows", asked_at, lambda: next(looks)) for _ in range(3)] == [1, 1, 1]


def test_nobody_gets_an_answer_from_before_the_question() -> None:
    shared: Shared[int] = Shared(kept=2)
    looks = count(1)
    assert shared.get("rows", time.monotonic(), lambda: next(looks)) == 1
    time.sleep(0.001)
    assert shared.get("rows", time.monotonic(), lambda: next(looks)) == 2


def test_different_questions_have_different_answers_and_old_ones_are_forgotten() -> None:
    shared: Shared[str] = Shared(kept=2)
    asked_at = time.monotonic()
    assert [shared.get(name, asked_at, partial(str, name)) for name in "abc"] == ["a", "b", "c"]
    assert shared.get("c", asked_at, lambda: "again") == "c"
    assert shared.get("a", asked_at, lambda: "again") == "again"
