"""The calls about shares: links for people without a login."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.api.auth import CHANGES, caller
from dashboard.api.bodies import read_json_object
from dashboard.api.listing import check_parameters
from dashboard.api.refusals import Refused, refusals
from dashboard.api.shares import MadeShareJson, ShareRequest, SharesJson, made_share_json, share_json
from dashboard.api.task_calls import as_json, find_task
from dashboard.share_links import share_url
from tasks.exposure import shares_of
from tasks.sharing import NothingToShare, Piece, make, revoke

router = Router(tags=["Shares"])

_SHARE_BODY = {
    "requestBody": {
        "required": False,
        "description": "What the link allows; without a body, all that is usual.",
        "content": {"application/json": {"schema": ShareRequest.model_json_schema()}},
    }
}


@router.post(
    "/tasks/{uuid:task_id}/shares",
    auth=CHANGES,
    summary="Make a link",
    operation_id="share_task",
    response={201: MadeShareJson, **refusals(400, 401, 403, 404, 413)},
    openapi_extra=_SHARE_BODY,
)
def share_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Make a link that shows this task's results, those to come included, to somebody without a login.

    A task that is not done yet can be shared: the page shows how it stands, and becomes the player by itself.
    """
    check_parameters(request)
    task = find_task(task_id)
    wanted = ShareRequest.model_validate(read_json_object(request, is_optional=True))
    try:
        made = make([Piece(task.pk)], wanted.terms(timezone.now()), caller(request))
    except NothingToShare:  # it went to the trash just now
        find_task(task_id)
        raise
    return as_json(made_share_json(made.share, share_url(request, made.token)), 201)


@router.get(
    "/tasks/{uuid:task_id}/shares",
    summary="List a task's links",
    operation_id="list_shares",
    response={200: SharesJson, **refusals(400, 401, 404)},
)
def list_shares(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The links that show something of this task, without their addresses: those are told once, when made."""
    check_parameters(request)
    return as_json(SharesJson(items=[share_json(share) for share in shares_of(find_task(task_id))]))


@router.delete(
    "/shares/{uuid:share_id}",
    auth=CHANGES,
    summary="Revoke a link",
    operation_id="revoke_share",
    response={204: None, **refusals(400, 401, 403, 404)},
)
def revoke_share(request: HttpRequest, share_id: UUID) -> HttpResponse:
    """End a link at once: whoever opens it finds nothing, as if it had never existed."""
    check_parameters(request)
    if not revoke([share_id], caller(request)):
        raise Refused(404, "not_found", "There is no link with this id, or it was revoked already.")
    return HttpResponse(status=204)
