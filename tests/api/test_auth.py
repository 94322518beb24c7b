from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from dashboard.api.auth import bearer_user
from dashboard.people import Role
from dashboard.tokens import create_token
from tasks.models import ApiToken, Task
from tests.api.conftest import MakeProgram, MakeTask, Program, error_of

READS = ["tasks", "accounts", f"tasks/{UUID(int=7)}"]
CHANGES = [("POST", "tasks"), ("POST", "tasks/{id}/poll"), ("DELETE", "tasks/{id}")]
EVERY = [("GET", path) for path in READS] + CHANGES


@pytest.mark.parametrize(("method", "path"), EVERY)
@pytest.mark.parametrize("token", ["", "dly_wrong", "ä", "dly_" + "x" * 5000])
def test_every_call_asks_a_stranger_for_a_token(db: None, token: str, method: str, path: str) -> None:
    response = Program(token).call(method, path.format(id=uuid4()))
    assert error_of(response) == (401, "unauthorized", None)
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_disabled_persons_token_is_no_token(make_program: MakeProgram, method: str, path: str) -> None:
    response = make_program(active=False).call(method, path.format(id=uuid4()))
    assert error_of(response) == (401, "unauthorized", None)


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("weakness", [{"read_only": True}, {"role": Role.VIEWER}])
def test_who_may_only_read_changes_nothing(
    make_program: MakeProgram, make_task: MakeTask, weakness: dict[str, object], method: str, path: str
) -> None:
    task = make_task(remote_id="a")
    response = make_program(**weakness).call(
        method, path.format(id=task.id), {"account": "lemon", "remote_id": "b"}
    )
    assert error_of(response) == (403, "forbidden", None)
    task.refresh_from_db()
    assert (Task.objects.count(), task.deleted_at, task.check_requested_at) == (1, None, None)


@pytest.mark.parametrize("weakness", [{"read_only": True}, {"role": Role.VIEWER}])
def test_who_may_only_read_reads_everything(
    make_program: MakeProgram, make_task: MakeTask, weakness: dict[str, object]
) -> None:
    program = make_program(**weakness)
    for path in ("tasks", f"tasks/{make_task().id}", "accounts"):
        assert program.get(path).status_code == 200
        assert program.call("HEAD", path).status_code == 200


def test_a_cookie_opens_nothing_and_needs_no_csrf_token(make_task: MakeTask) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    assert error_of(client.get("/api/v1/tasks"))[0] == 401
    assert error_of(client.post(f"/api/v1/tasks/{make_task().id}/poll"))[0] == 401


def test_the_scheme_is_case_insensitive_and_no_other_one_counts(program: Program) -> None:
    for scheme, status in (("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Token", 401)):
        client = Client(headers={"authorization": f"{scheme} {program.token}"})
        assert client.get("/api/v1/tasks").status_code == status


def test_a_deleted_token_stops_at_once(program: Program) -> None:
    ApiToken.objects.all().delete()
    assert program.get("tasks").status_code == 401


def test_a_page_can_ask_who_a_bearer_is(db: None) -> None:
    user = User.objects.create_user("ann")
    token = create_token(user, "test")
    make = RequestFactory()
    assert bearer_user(make.get("/", headers={"authorization": f"Bearer {token}"})) == user
    assert bearer_user(make.get("/", headers={"authorization": f"Basic {token}"})) is None
    assert bearer_user(make.get("/")) is None
