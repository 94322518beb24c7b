from uuid import uuid4

import pytest

from tasks.models import Task
from tasks.tracking import stop_tracking
from tasks.vocabulary import ASKED, FINAL
from tests.api.conftest import MakeTask, Program, body_of, error_of


def test_one_task_is_read_with_its_events(program: Program, make_task: MakeTask) -> None:
    task = make_task(title="Shot 12")
    body = body_of(program.get(f"tasks/{task.id}"))
    assert (body["id"], body["title"], body["events"]) == (str(task.id), "Shot 12", [])


@pytest.mark.parametrize("status", sorted(ASKED))
def test_an_unfinished_task_is_asked_about_now(program: Program, make_task: MakeTask, status: str) -> None:
    task = make_task(remote_id="a", status=status)
    response = program.post(f"tasks/{task.id}/poll")
    assert (response.status_code, body_of(response)["id"]) == (202, str(task.id))
    task.refresh_from_db()
    assert task.check_requested_at is not None
    assert program.post(f"tasks/{task.id}/poll").status_code == 202


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_task_is_not_asked_about(program: Program, make_task: MakeTask, status: str) -> None:
    task = make_task(remote_id="a", status=status)
    assert error_of(program.post(f"tasks/{task.id}/poll")) == (409, "conflict", None)


def test_a_task_without_a_name_at_the_provider_is_not_asked_about(
    program: Program, make_task: MakeTask
) -> None:
    response = program.post(f"tasks/{make_task(status='submitting').id}/poll")
    assert error_of(response) == (409, "conflict", None)
    assert "final" not in response.content.decode()


def test_stop_tracking_hides_a_task_everywhere(program: Program, make_task: MakeTask) -> None:
    task = make_task(remote_id="a")
    response = program.delete(f"tasks/{task.id}")
    assert (response.status_code, response.content) == (204, b"")
    assert Task.objects.get().deleted_at is not None
    assert body_of(program.get("tasks"))["items"] == []
    for method, path in (("GET", ""), ("POST", "/poll"), ("DELETE", "")):
        assert error_of(program.call(method, f"tasks/{task.id}{path}")) == (404, "not_found", None)


def test_an_unknown_or_discarded_task_is_not_found(program: Program, make_task: MakeTask) -> None:
    gone = make_task(remote_id="a")
    stop_tracking([gone.id], None)
    for name in (gone.id, uuid4(), "1", "x", "%00", "..%2f", str(uuid4()) + "/shares"):
        assert error_of(program.get(f"tasks/{name}"))[:2] == (404, "not_found")


def test_deleting_at_the_provider_is_refused_rather_than_forgotten(
    program: Program, make_task: MakeTask
) -> None:
    task = make_task(remote_id="a")
    assert error_of(program.delete(f"tasks/{task.id}", remote="true")) == (409, "conflict", None)
    assert error_of(program.delete(f"tasks/{task.id}", remote="yes?")) == (400, "invalid_field", "remote")
    assert Task.objects.get().deleted_at is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "tasks/{id}"), ("POST", "tasks/{id}/poll"), ("GET", "accounts"), ("POST", "tasks")],
)
def test_no_call_takes_a_parameter_it_does_not_know(
    program: Program, make_task: MakeTask, method: str, path: str
) -> None:
    response = program.call(method, path.format(id=make_task(remote_id="a").id), {}, expand="all")
    assert error_of(response) == (400, "invalid_field", "expand")
