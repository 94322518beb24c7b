"""`POST generations`: have something made at a provider, and track it."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from dashboard.addresses import site_url
from dashboard.api.auth import CHANGES, caller
from dashboard.api.bodies import MAX_BODY_BYTES, read_json_object
from dashboard.api.listing import check_parameters
from dashboard.api.refusals import Refused, invalid, refusals
from dashboard.api.representation import WholeTaskJson, whole_task_json
from dashboard.api.task_calls import as_json, find_task
from dashboard.api.texts import Name, Text
from dashboard.api.track import account_by_slug
from tasks.creating import KEY_MAX, KeyReused, Wish, create
from tasks.providers import PROVIDERS
from tasks.providers.forms import BadParams, json_schema
from tasks.tracking import Intent
from tasks.vocabulary import Kind

router = Router(tags=["Generations"])


def _known_params() -> dict[str, Any]:
    """Every description, so that the docs show what each provider takes for each kind."""
    named = [(module.NAME, form) for module in PROVIDERS.values() for form in module.FORMS.values()]
    schemas = [json_schema(form) | {"title": f"{name}: {form.title}"} for name, form in named]
    return {"type": "object", "anyOf": schemas}


class GenerationRequest(BaseModel):
    """What to make, and where."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account": "lemon",
                    "kind": "video",
                    "params": {"model": "veo3.1", "prompt": "A red fox in snow", "duration": 8},
                    "idempotency_key": "shot-12-take-1",
                }
            ]
        },
    )

    account: Text = Field(description="The account's slug.")
    kind: Annotated[Kind, WithJsonSchema({"enum": [kind.value for kind in Kind]})] = Field(
        description="What to make; not every provider makes every kind."
    )
    params: Annotated[dict[str, object], WithJsonSchema(_known_params())] = Field(
        description="The provider's own parameters. Those it documents are checked; any others pass through. "
        "Where a picture, a sound or a video may stand, so may `dailies:input/<id>` and `dailies:result/<id>`."
    )
    title: Annotated[Text, StringConstraints(max_length=500)] | None = Field(
        None, description="The task's name for people."
    )
    idempotency_key: Annotated[Name, StringConstraints(max_length=KEY_MAX)] | None = Field(
        None, description="The same call with the same key within 24 hours is the same task."
    )


_BODY = {
    "requestBody": {
        "required": True,
        "description": f"At most {MAX_BODY_BYTES // 1024**2} MiB of JSON in UTF-8.",
        "content": {"application/json": {"schema": GenerationRequest.model_json_schema()}},
    }
}


@router.post(
    "/generations",
    auth=CHANGES,
    summary="Make something",
    operation_id="create_generation",
    response={201: WholeTaskJson, 200: WholeTaskJson, **refusals(400, 401, 403, 409, 413)},
    openapi_extra=_BODY,
)
def create_generation(request: HttpRequest) -> HttpResponse:
    """Create at the provider and track. The task is answered at once, as `submitting`; its call leaves right after.

    The call is sent one time. What is refused ends as `failed` with its reason; when nobody can know whether it
    was carried out the task is `unconfirmed`, and is never sent again by itself.
    200 with the existing task when `idempotency_key` was used for the same within 24 hours; 409 when for another.
    """
    check_parameters(request)
    wanted = GenerationRequest.model_validate(read_json_object(request))
    wish = Wish(
        wanted.kind,
        wanted.params,
        Intent(title=wanted.title or ""),
        key=wanted.idempotency_key or "",
    )
    try:
        made = create(account_by_slug(wanted.account), wish, caller(request))
    except BadParams as error:
        own = error.field in {"kind", "idempotency_key"}
        field = error.field if own else f"params.{error.field}".rstrip(".")
        raise invalid(field, error.message) from error
    except KeyReused as error:
        message = "This idempotency_key was used for something else in the last 24 hours."
        raise Refused(409, "conflict", message) from error
    task = find_task(made.task.pk)
    return as_json(whole_task_json(task, site_url(request)), 201 if made.new else 200)
