"""How a call says no: raised anywhere below it, answered in the one error shape."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

import ninja.errors
import pydantic
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI

from dashboard.errors import ErrorCode, ErrorJson, error_response

logger = logging.getLogger(__name__)

_SENTENCES = {"missing": "This field is required.", "extra_forbidden": "There is no field of this name."}


@dataclass
class Refused(Exception):
    """An answer instead of what was asked for. `message` is a sentence for people."""

    status: int
    code: ErrorCode
    message: str
    field: str | None = None


def invalid(field: str, message: str) -> Refused:
    """400: this field of the body, or this parameter of the query, cannot be used."""
    return Refused(400, "invalid_field", message, field)


def refusals(*statuses: int) -> dict[int, Any]:
    """The error answers of a call, for its description."""
    return dict.fromkeys((*statuses, HTTPStatus.INTERNAL_SERVER_ERROR.value), ErrorJson)


def answer_refusals(api: NinjaAPI) -> None:
    """Have every exception below a call of this API answered in the one shape."""
    for kind in (Exception, Http404, ninja.errors.HttpError, ninja.errors.ValidationError):
        api.add_exception_handler(kind, _answer)


def _answer(request: HttpRequest, error: object) -> HttpResponse:
    match error:
        case Refused():
            return error_response(error.status, error.code, error.message, error.field)
        case pydantic.ValidationError():
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            return _invalid(first["loc"][:1], first["type"], first["msg"])
        case ninja.errors.ValidationError():
            return _invalid(error.errors[0]["loc"][-1:], error.errors[0]["type"], error.errors[0]["msg"])
        case ninja.errors.HttpError():
            return error_response(error.status_code)
        case Http404():
            return error_response(404)
    more = {"request": request, "status_code": 500}
    logger.error("%s %s failed", request.method, request.path, exc_info=cast("Exception", error), extra=more)
    return error_response(500)


def sentence_of(error: pydantic.ValidationError) -> str:
    """The first thing that is wrong, with its field: `title: String should have at most 500 characters.`"""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'][:1]))}: {_sentence(first['type'], first['msg'])}"


def _sentence(kind: str, message: str) -> str:
    return _SENTENCES.get(kind) or message.removeprefix("Value error, ").rstrip(".") + "."


def _invalid(place: tuple[int | str, ...], kind: str, message: str) -> HttpResponse:
    return error_response(400, "invalid_field", _sentence(kind, message), ".".join(map(str, place)))
