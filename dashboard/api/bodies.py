"""A call's JSON body: bounded, UTF-8, plain JSON."""

import json

from django.http import HttpRequest

from dashboard.api.refusals import Refused

MAX_BODY_BYTES = 8 * 1024 * 1024


def read_json_object(request: HttpRequest, *, is_optional: bool = False) -> dict[str, object]:
    """The body's JSON object; Refused when it is none or too large. `is_optional`: no body is an empty one.

    Read through the stream: `request.body` stops at the size of a form.
    """
    raw = request.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise Refused(413, "too_large", f"The body is larger than {MAX_BODY_BYTES // 1024**2} MiB.")
    if is_optional and not raw:
        return {}
    try:
        body = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_request", "The body is no valid JSON in UTF-8.") from error
    if not isinstance(body, dict):
        raise Refused(400, "bad_request", "The body must be a JSON object.")
    return body


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")
