from tasks.scheduling.agenda import Agenda


def test_it_is_due_when_its_time_has_come() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("late", 20.0)
    agenda.put("soon", 10.0)
    assert agenda.look(4.0) == 6.0
    assert agenda.look(10.0) == 0.0
    assert agenda.take(len) == "soon"
    assert agenda.look(10.0) == 10.0


def test_of_those_due_the_one_worth_most_goes_first() -> None:
    agenda: Agenda[str] = Agenda()
    for name in ("a", "ccc", "bb"):
        agenda.put(name, 1.0)
    assert agenda.look(2.0) == 0.0
    assert [agenda.take(len) for _ in range(3)] == ["ccc", "bb", "a"]
    assert agenda.look(2.0) is None


def test_of_equals_the_one_that_waited_longest_goes_first() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("second", 2.0)
    agenda.put("first", 1.0)
    agenda.look(3.0)
    assert agenda.take(lambda _: 1.0) == "first"


def test_put_in_again_it_moves() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("a", 1.0)
    agenda.look(1.0)
    agenda.put("a", 5.0)
    assert agenda.look(1.0) == 4.0
    assert len(agenda) == 1


def test_what_is_dropped_is_never_due() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("a", 1.0)
    agenda.put("b", 1.0)
    agenda.drop("a")
    agenda.look(1.0)
    agenda.drop("b")
    assert agenda.look(9.0) is None
    assert len(agenda) == 0


def test_what_came_due_at_a_lower_price_is_put_off() -> None:
    agenda: Agenda[str] = Agenda()
    for name in ("a", "bbb"):
        agenda.put(name, 1.0)
    agenda.look(1.0)
    agenda.put_off(2, len, lambda _: 7.0)
    assert agenda.due == 1
    assert agenda.take(len) == "bbb"
    assert agenda.look(1.0) == 6.0


def test_what_somebody_waits_for_goes_ahead_of_all() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("due", 1.0)
    agenda.put("later", 99.0)
    agenda.look(2.0)
    agenda.rush("later")
    assert agenda.take() == "later"
    assert agenda.take() == "due"


def test_it_knows_about_how_many_are_due_soon() -> None:
    agenda: Agenda[int] = Agenda()
    for n in range(50):
        agenda.put(n, float(n))
    agenda.put(3, 400.0)
    agenda.look(10.0)
    assert agenda.due_by(20.0, 1000) == 20
    assert agenda.due_by(1000.0, 30) == 30
