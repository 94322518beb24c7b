"""Pollers come to hold about half each, and nothing goes to and fro."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tasks import lives
from tasks.models import Poller, Task
from tasks.poller import claims
from tasks.poller.spreading import choose, surplus
from tasks.poller.tracked import Tracked
from tests.loopback import Loopback
from tests.poller.conftest import account_at, make_account, polling, tracked, until

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def task(due_s: float, *, asking: bool = False) -> Tracked:
    return cast(Tracked, SimpleNamespace(due_s=due_s, asking=asking, hurried=False))


def test_it_gives_up_what_is_beyond_its_share() -> None:
    assert surplus(ONE, {ONE: 100, TWO: 0}) == 50
    assert surplus(ONE, {ONE: 90, TWO: 30, THREE: 0}) == 50
    assert surplus(TWO, {ONE: 90, TWO: 30, THREE: 0}) == 0


@pytest.mark.parametrize("held", [{ONE: 100}, {ONE: 52, TWO: 48}, {ONE: 3, TWO: 1}, {TWO: 9, THREE: 0}])
def test_it_keeps_what_it_has_when_that_is_fair_enough(held: dict[UUID, int]) -> None:
    assert surplus(ONE, held) == 0


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6))
def test_giving_comes_to_an_end_with_everybody_near_the_share(counts: list[int]) -> None:
    held = {UUID(int=n): count for n, count in enumerate(counts)}
    share = -(-sum(counts) // len(counts))
    for _ in range(20):
        given_ = {one: surplus(one, held) for one in held}
        held = {one: count - given_[one] for one, count in held.items()}
        free = sum(given_.values())
        for one in held:  # whoever gave takes nothing
            taken = min(free, max(0, share - held[one])) if not given_[one] else 0
            held[one] += taken
            free -= taken
        assert free == 0
    assert max(held.values()) <= share + max(2, 0.1 * share)


def test_those_due_latest_go_and_none_that_is_being_asked() -> None:
    first, second = [task(n) for n in range(6)], [task(n) for n in range(3)]
    assert [one.due_s for one in choose([first, second], 3)] == [5, 4, 2]
    assert [one.due_s for one in choose([[task(9.0, asking=True), task(0.0)]], 2)] == [0.0]


@pytest.mark.django_db(transaction=True)
async def test_one_that_joins_gets_half_and_a_dead_one_s_go_back(provider: Loopback) -> None:
    account = await account_at(provider)
    for n in range(20):
        await tracked(account, f"t{n}")
        provider.say(f"/v1/tasks/t{n}", {"id": f"t{n}", "status": "processing"})

    async def parts() -> list[int]:
        held = Task.objects.filter(claimed_by__isnull=False).order_by().values_list("claimed_by")
        return sorted([n async for _, n in held.annotate(n=Count("pk"))])

    async def is_shared(*wanted: int) -> bool:
        return await parts() == list(wanted)

    async with polling():
        await until(lambda: is_shared(20))
        async with polling():
            await until(lambda: is_shared(10, 10))
        await until(lambda: is_shared(20))


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_one_account_does_not_fill_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "CLAIM_BATCH", 10)
    crowd, small = make_account("http://a.test"), make_account("http://b.test", slug="b")
    now = timezone.now()
    Task.objects.bulk_create(
        Task(
            account=account,
            remote_id=f"t{n}",
            next_poll_at=now - timedelta(seconds=late_s),
            deadline_at=LATER,
        )
        for account, count, late_s in ((crowd, 50, 60), (small, 3, 1))
        for n in range(count)
    )
    me = lives.register(now)
    taken = claims.claim(me, now)
    assert sorted(one.task.account_id for one in taken) == [crowd.pk] * 5 + [small.pk] * 3
    again = [len(claims.claim(me, now)) for _ in range(6)]
    assert again == [10, 10, 10, 10, 5, 0]
    lives.leave(me)


@pytest.mark.django_db(transaction=True)
def test_claiming_reads_the_index_of_free_tasks_alone() -> None:
    prefix = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    me = ONE if connection.vendor == "postgresql" else ONE.hex
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # so few rows are read faster without any index
            cursor.execute("SET LOCAL enable_seqscan = off")
        at = connection.ops.adapt_datetimefield_value(LATER)
        cursor.execute(f"{prefix} {claims.claim_statement()}", [1, at, 500, me, me])
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "task_free" in plan
    assert "B-TREE FOR ORDER BY" not in plan


@pytest.mark.django_db(transaction=True)
def test_two_never_claim_the_same_and_one_declared_dead_gets_none() -> None:
    account, now = make_account("http://a.test"), timezone.now()
    Task.objects.bulk_create(
        Task(account=account, remote_id=f"t{n}", next_poll_at=now, deadline_at=LATER) for n in range(3)
    )
    me, other = lives.register(now), lives.register(now)
    Poller.objects.filter(pk=me).delete()
    assert claims.claim(me, now) == []
    assert len(claims.claim(other, now)) == 3
    assert claims.claim(other, now) == []
    lives.leave(other)
