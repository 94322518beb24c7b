"""`POST inputs`: give a picture, a sound or a video that tasks begin from."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import Query, Router, Schema
from pydantic import Field
from typing_extensions import TypedDict

from dashboard.api.auth import CHANGES, caller
from dashboard.api.listing import check_parameters
from dashboard.api.refusals import Refused, refusals
from dashboard.api.task_calls import as_json
from dashboard.figures import size
from tasks.inputs.limits import MAX_BYTES
from tasks.inputs.storing import NotTaken, store
from tasks.models import Input
from tasks.providers.references import Reference, Source

router = Router(tags=["Generations"])

CHUNK_BYTES = 256 * 1024


class InputJson(TypedDict):
    """A file that tasks can begin from."""

    id: Annotated[str, Field(description="Its UUID.")]
    reference: Annotated[str, Field(description="What stands for it in `params` of `POST generations`.")]
    kind: Annotated[Literal["image", "video", "audio"], Field(description="What it is, told from its bytes.")]
    name: Annotated[str, Field(description="What its file is called.")]
    content_type: Annotated[str, Field(description="Told from its bytes.")]
    bytes: Annotated[int, Field(description="Its size.")]
    sha256: Annotated[str, Field(description="Of its bytes, in hexadecimal digits.")]
    width: Annotated[int | None, Field(description="In pixels; null for sound, and when it is not known.")]
    height: Annotated[int | None, Field(description="In pixels; null for sound, and when it is not known.")]
    duration: Annotated[
        float | None, Field(description="In seconds; null for pictures, and when it is not known.")
    ]


class NameQuery(Schema):
    """Of a body that is the file itself."""

    name: str = Field(default="", max_length=255, description="What the file is called.")


_BODY = {
    "requestBody": {
        "required": True,
        "description": f"The bytes of the file as they are, or a form with one file; {size(MAX_BYTES)} at most.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The file."}
                    },
                }
            },
        },
    }
}


@router.post(
    "/inputs",
    auth=CHANGES,
    summary="Give a file to begin from",
    operation_id="create_input",
    response={201: InputJson, 200: InputJson, **refusals(400, 401, 403, 413)},
    openapi_extra=_BODY,
)
def create_input(request: HttpRequest, query: Query[NameQuery]) -> HttpResponse:
    """Keep a picture, a sound or a video, to be named in `params` by its `reference`.

    201 when it is new, 200 when the same bytes are here already. It is deleted some time after its last use.
    """
    check_parameters(request, frozenset({"name"}))
    chunks, called = _file(request, query.name)
    try:
        found = store(chunks, called, caller(request))
    except NotTaken as error:
        if error.too_large:
            raise Refused(413, "too_large", str(error)) from error
        raise Refused(400, "bad_request", str(error)) from error
    return as_json(input_json(found.input), 201 if found.new else 200)


def input_json(row: Input) -> InputJson:
    """As programs see it."""
    return InputJson(
        id=str(row.pk),
        reference=str(Reference(Source.INPUT, row.pk)),
        kind=row.kind,  # type: ignore[typeddict-item]
        name=row.name,
        content_type=row.content_type,
        bytes=row.bytes,
        sha256=row.sha256,
        width=row.width,
        height=row.height,
        duration=row.duration_s,
    )


def _file(request: HttpRequest, name: str) -> tuple[Iterable[bytes], str]:
    """Its bytes, a piece at a time, and its name."""
    if request.content_type != "multipart/form-data":
        return iter(partial(request.read, CHUNK_BYTES), b""), name
    try:
        uploads = [one for _, many in request.FILES.lists() for one in many]
    except MultiPartParserError as error:
        raise Refused(400, "bad_request", "The form in the body cannot be read.") from error
    if len(uploads) != 1:
        raise Refused(400, "bad_request", "A form must hold one file.")
    return uploads[0].chunks(), name or uploads[0].name or ""
