"""Errors as programs read them: one JSON shape for whatever goes wrong under `/api/`."""

from collections.abc import Callable
from typing import Annotated, Literal, NotRequired

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from pydantic import Field
from typing_extensions import TypedDict

ErrorCode = Literal[
    "bad_request",
    "invalid_field",
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "rate_limited",
    "internal",
]


class ErrorDetail(TypedDict):
    """What went wrong."""

    code: Annotated[ErrorCode, Field(description="What kind of error, for programs.")]
    message: Annotated[str, Field(description="What happened and what to do, for people.")]
    field: NotRequired[
        Annotated[
            str,
            Field(description="The body's field or the query's parameter at fault.", examples=["poll_url"]),
        ]
    ]


class ErrorJson(TypedDict):
    """The body of every answer with a status of 400 or above."""

    error: ErrorDetail


_BY_STATUS: dict[int, tuple[ErrorCode, str]] = {
    400: ("bad_request", "The server does not understand this request."),
    401: ("unauthorized", "This needs an API token: send “Authorization: Bearer …”."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing here. Addresses have no trailing slash; /api/v1/docs lists them."),
    405: ("bad_request", "This address does not take this method."),
    409: ("conflict", "This cannot be done in the present state."),
    413: ("too_large", "The body is too large."),
    429: ("rate_limited", "Too many requests. Try again later."),
    500: ("internal", "Dailies failed on this request. The reason is in its log; it is not your fault."),
}
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")

View = Callable[[HttpRequest], HttpResponseBase]


def error_detail(code: ErrorCode, message: str, field: str | None = None) -> ErrorJson:
    """An error's JSON; without `field` when no single one is at fault."""
    detail = ErrorDetail(code=code, message=message)
    if field:
        detail["field"] = field
    return ErrorJson(error=detail)


def error_response(
    status: int, code: ErrorCode | None = None, message: str = "", field: str | None = None
) -> JsonResponse:
    """An error answer; what is left out is the status's usual code and sentence."""
    usual_code, usual_message = _BY_STATUS.get(status) or _BY_STATUS[400 if status < 500 else 500]
    body = error_detail(code or usual_code, message or usual_message, field)
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Content-Length"] = str(len(response.content))
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def api_answers_json(get_response: View) -> View:
    """Middleware: under `/api/` an error is JSON wherever it came from, and nothing is cached."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not f"{request.path}/".startswith("/api/"):
            return get_response(request)
        answer = _without_body if request.method == "HEAD" else _in_json
        response = answer(request, get_response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _in_json(request: HttpRequest, get_response: View) -> HttpResponseBase:
    response = get_response(request)
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    if response.status_code < 400 or is_json:
        return response
    if response.status_code == 405:
        response["Allow"] = _allowed(response["Allow"])
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": response["Allow"]})
    error = error_response(response.status_code)
    for name in _KEPT_HEADERS:
        if name in response:
            error[name] = response[name]
    return error


def _allowed(methods: str) -> str:
    """The methods an address takes, with the two that this middleware answers."""
    names = set(methods.split(", ")) | {"OPTIONS"}
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def _without_body(request: HttpRequest, get_response: View) -> HttpResponseBase:
    """HEAD is GET without the body; its length stays."""
    request.method = "GET"
    response = _in_json(request, get_response)
    request.method = "HEAD"
    if isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
    return response
