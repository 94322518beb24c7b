"""The calls about tasks."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router, Schema
from pydantic import Field

from dashboard.addresses import site_url
from dashboard.api.auth import CHANGES, caller
from dashboard.api.bodies import MAX_BODY_BYTES, read_json_object
from dashboard.api.listing import TaskQuery, check_parameters, read_page
from dashboard.api.refusals import Refused, invalid, refusals
from dashboard.api.representation import TaskPageJson, WholeTaskJson, task_json, whole_task_json
from dashboard.api.track import TrackRequest, account_by_slug, adoption_of
from tasks.canceling import CannotEnd, cancel, delete_remote
from tasks.models import Task
from tasks.providers.addresses import AddressRefused
from tasks.tracking import NothingToAsk, check_now, stop_tracking, track

router = Router(tags=["Tasks"])


class StopQuery(Schema):
    """Without parameters the provider is not told."""

    remote: bool = Field(default=False, description="Delete the task and its files at the provider, too.")


_TRACK_BODY = {
    "requestBody": {
        "required": True,
        "description": f"At most {MAX_BODY_BYTES // 1024**2} MiB of JSON in UTF-8.",
        "content": {"application/json": {"schema": TrackRequest.model_json_schema()}},
    }
}


@router.post(
    "/tasks",
    auth=CHANGES,
    summary="Track a task",
    operation_id="track_task",
    response={201: WholeTaskJson, 200: WholeTaskJson, **refusals(400, 401, 403, 413)},
    openapi_extra=_TRACK_BODY,
)
def track_task(request: HttpRequest) -> HttpResponse:
    """Track a task that exists at the provider.

    201 when it is new; 200 with the existing one, unchanged, when it is tracked already. One that was in
    the trash comes back, with the same `id`.
    """
    check_parameters(request)
    wanted = TrackRequest.model_validate(read_json_object(request))
    account = account_by_slug(wanted.account)
    adoption = adoption_of(wanted, account.provider_module)
    try:
        tracked = track(account, adoption, caller(request), wanted.intent())
    except AddressRefused as error:
        raise invalid("poll_url", str(error)) from error
    return _answer(request, tracked.task.id, 201 if tracked.created else 200)


@router.get(
    "/tasks",
    summary="List tasks",
    operation_id="list_tasks",
    response={200: TaskPageJson, **refusals(400, 401)},
)
def list_tasks(request: HttpRequest, query: Query[TaskQuery]) -> HttpResponse:
    """Tasks newest first, by `created_at`, then `id`. Pages stay stable while new tasks arrive."""
    page, site = read_page(request, query), site_url(request)
    items = [task_json(task, site) for task in page.tasks]
    return as_json(TaskPageJson(items=items, next=str(page.next) if page.next else None))


@router.get(
    "/tasks/{uuid:task_id}",
    summary="Read one task",
    operation_id="read_task",
    response={200: WholeTaskJson, **refusals(400, 401, 404)},
)
def read_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task with its events."""
    check_parameters(request)
    return _answer(request, task_id, 200)


@router.post(
    "/tasks/{uuid:task_id}/poll",
    auth=CHANGES,
    summary="Ask now",
    operation_id="poll_task",
    response={202: WholeTaskJson, **refusals(400, 401, 403, 404, 409)},
)
def poll_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Have the provider asked at once. 409 when there is nothing to ask, as of a final task."""
    check_parameters(request)
    task = find_task(task_id)
    try:
        check_now(task, caller(request))
    except NothingToAsk as error:
        why = "This task is final" if task.is_final else "The provider has not named this task"
        raise Refused(409, "conflict", f"{why}: there is nothing to ask.") from error
    return _answer(request, task_id, 202)


@router.post(
    "/tasks/{uuid:task_id}/cancel",
    auth=CHANGES,
    summary="Cancel at the provider",
    operation_id="cancel_task",
    response={202: WholeTaskJson, **refusals(400, 401, 403, 404, 409)},
)
def cancel_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Cancel the task where its provider can. 409, with the reason, when it cannot or does not."""
    check_parameters(request)
    try:
        cancel(find_task(task_id), caller(request))
    except CannotEnd as error:
        raise Refused(409, "conflict", str(error)) from error
    return _answer(request, task_id, 202)


@router.delete(
    "/tasks/{uuid:task_id}",
    auth=CHANGES,
    summary="Stop tracking",
    operation_id="stop_tracking_task",
    response={204: None, **refusals(400, 401, 403, 404, 409)},
)
def stop_tracking_task(request: HttpRequest, task_id: UUID, query: Query[StopQuery]) -> HttpResponse:
    """Put the task into the trash, where it stays for 30 days.

    With `remote` it is deleted at the provider first, files and all; 409 when the provider does not do that.
    """
    check_parameters(request, frozenset({"remote"}))
    if query.remote:
        _delete_remote(find_task(task_id))
    if not stop_tracking([task_id], caller(request)):
        raise _no_such_task()
    return HttpResponse(status=204)


def _delete_remote(task: Task) -> None:
    try:
        delete_remote(task)
    except CannotEnd as error:
        raise Refused(409, "conflict", str(error)) from error


def find_task(task_id: UUID) -> Task:
    """The tracked task with everything its JSON shows; Refused (404) without one."""
    task = Task.objects.tracked().with_owner().filter(pk=task_id).first()
    if task is None:
        raise _no_such_task()
    return task


def as_json(body: Any, status: int = 200) -> JsonResponse:
    """An answer whose text is readable as it travels."""
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def _answer(request: HttpRequest, task_id: UUID, status: int) -> HttpResponse:
    return as_json(whole_task_json(find_task(task_id), site_url(request)), status)


def _no_such_task() -> Refused:
    return Refused(404, "not_found", "There is no task with this id, or it is in the trash.")
