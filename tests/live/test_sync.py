"""What a page is told when it syncs: over the socket or, without one, over HTTP."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.live.interest import Interest
from dashboard.live.sync import answer
from tasks.tracking import restore, stop_tracking
from tests.live.changes import change_silently
from tests.live.conftest import MakeTask
from tests.live.sockets import Open, elsewhere


def ask(query: dict[str, str], have: dict[UUID, int]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer(Interest.of_page(query), have).frame)
    return told


@pytest.mark.django_db
class TestAnswer:
    def test_it_tells_only_what_differs(self, make_task: MakeTask) -> None:
        same, newer, again, stopped = [make_task() for _ in range(4)]
        change_silently(newer.id, status="failed")
        stop_tracking([stopped.id], None)
        unknown = uuid4()
        told = ask({"status": "running"}, {same.id: 1, newer.id: 1, again.id: -1, stopped.id: 1, unknown: 3})
        assert {(row["id"], row["version"], row["match"]) for row in told["rows"]} == {
            (str(newer.id), 2, False),
            (str(again.id), 1, True),
        }
        assert set(told["gone"]) == {str(stopped.id), str(unknown)}
        assert told["fresh"] == 0
        assert (told["counts"]["running"], told["counts"]["failed"]) == (2, 1)
        assert told.keys() == {"type", "rows", "gone", "counts", "fresh"}

    def test_a_version_from_the_future_is_no_news(self, make_task: MakeTask) -> None:
        assert ask({}, {make_task().id: 99})["rows"] == []

    def test_it_counts_what_is_new_and_matches(self, make_task: MakeTask) -> None:
        shown = make_task(created_at=timezone.now() - timedelta(hours=1))
        make_task(created_at=timezone.now() - timedelta(hours=2))
        for status in ("running", "running", "failed"):
            make_task(status=status)
        assert ask({}, {shown.id: 1})["fresh"] == 3
        assert ask({"status": "running"}, {shown.id: 1})["fresh"] == 2
        assert ask({"status": "running"}, {})["fresh"] == 4
        assert ask({"cursor": "x"}, {shown.id: 1})["fresh"] == 0

    def test_a_page_without_an_older_one_takes_older_tasks_too(self, make_task: MakeTask) -> None:
        """One that comes to match while nobody listens may be older than all it shows."""
        older = make_task(created_at=timezone.now() - timedelta(hours=2))
        shown = make_task(status="failed")
        change_silently(older.id, status="failed")
        assert ask({"status": "failed"}, {shown.id: 1})["fresh"] == 0
        assert ask({"status": "failed", "whole": "1"}, {shown.id: 1})["fresh"] == 1

    def test_two_of_the_same_moment_are_told_apart(self, make_task: MakeTask) -> None:
        now = timezone.now()
        first, second = sorted((make_task(created_at=now), make_task(created_at=now)), key=lambda one: one.id)
        assert ask({}, {first.id: 1})["fresh"] == 1
        assert ask({}, {second.id: 1})["fresh"] == 0

    def test_it_counts_no_further_than_a_hundred(self, make_task: MakeTask) -> None:
        for _ in range(105):
            make_task()
        assert ask({}, {})["fresh"] == 100

    def test_a_restored_task_is_there_again(self, make_task: MakeTask) -> None:
        task = make_task()
        stop_tracking([task.id], None)
        assert ask({}, {task.id: 1})["gone"] == [str(task.id)]
        restore([task.id], None)
        assert [row["version"] for row in ask({}, {task.id: 1})["rows"]] == [3]
        assert ask({}, {})["fresh"] == 1

    def test_a_task_page_is_about_its_task(self, make_task: MakeTask) -> None:
        task = make_task()
        make_task()
        told = ask({"view": "task", "id": str(task.id)}, {task.id: -1})
        assert [row["id"] for row in told["rows"]] == [str(task.id)]
        assert told["fresh"] == 0


@pytest.mark.django_db(transaction=True)
async def test_a_page_catches_up_after_it_was_away(page: Open, make_task: MakeTask) -> None:
    """Nobody listens while tasks change, stop and begin; the next socket makes up for all of it."""
    changed, stopped = [await elsewhere(make_task) for _ in range(2)]
    async with page("view=rows&status=running") as socket:
        await socket.sync({changed.id: 1, stopped.id: 1})
    await elsewhere(change_silently, changed.id, status="failed")
    await elsewhere(stop_tracking, [stopped.id], None)
    new = await elsewhere(make_task)
    async with page("view=rows&status=running") as socket:
        told = await socket.sync({changed.id: 1, stopped.id: 1})
        assert [(row["id"], row["match"]) for row in told["rows"]] == [(str(changed.id), False)]
        assert told["gone"] == [str(stopped.id)]
        assert told["fresh"] == 1
        version = await elsewhere(change_silently, new.id, progress=3)
        [row] = (await socket.next("rows"))["rows"]
        assert (row["id"], row["version"]) == (str(new.id), version)


@pytest.mark.django_db
class TestOverHttp:
    @pytest.fixture
    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def post(self, client: Client, body: str, query: str = "?view=rows", **headers: str) -> Any:
        return client.post(
            reverse("live-sync") + query, body, content_type="application/json", headers=headers
        )

    def test_it_answers_as_the_socket_does(self, client: Client, make_task: MakeTask) -> None:
        task = make_task()
        response = self.post(client, json.dumps({"type": "sync", "have": {str(task.id): -1}}))
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response.json() == ask({"view": "rows"}, {task.id: -1})

    def test_a_stranger_is_told_to_sign_in(self, make_task: MakeTask) -> None:
        response = self.post(Client(), '{"type":"sync","have":{}}')
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")

    @pytest.mark.parametrize(
        ("query", "body", "status"),
        [
            ("?view=rows", "nonsense", 400),
            ("?view=rows", '{"type":"sync","have":{"42":1}}', 400),
            ("?view=json", '{"type":"sync","have":{}}', 400),
            ("?status=nonsense", '{"type":"sync","have":{}}', 400),
            ("?view=task&id=42", '{"type":"sync","have":{}}', 400),
            ("?view=rows", " " * 140_000, 413),
        ],
    )
    def test_nonsense_is_an_error(self, client: Client, query: str, body: str, status: int) -> None:
        response = self.post(client, body, query)
        assert response.status_code == status
        assert response.json()["error"]["message"]

    def test_it_wants_the_csrf_header(self, user: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        body = '{"type":"sync","have":{}}'
        assert self.post(client, body).status_code == 403
        client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
        assert self.post(client, body, **{"X-CSRFToken": "a" * 32}).status_code == 200

    def test_it_only_takes_post(self, client: Client) -> None:
        assert client.get(reverse("live-sync")).status_code == 405
