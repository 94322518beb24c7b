"""A result on its way to a browser. Who may see it was asked before. Called in the request's own thread."""

import logging
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponseBase

from dashboard.media.copies import copy_of, poster_bytes, poster_of
from dashboard.media.labels import file_name
from dashboard.media.proxying import BadUpstream
from dashboard.media.remote import remote_response
from dashboard.media.responses import file_response
from dashboard.media.shown import ASK_AGAIN, UNKNOWN_TYPE, Disposition, Shown
from dashboard.media.ways import copy_response
from dashboard.results import is_gone, result_target, why_not
from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.storage import result_name
from tasks.models import Result

logger = logging.getLogger(__name__)

UNREADABLE = "Our copy of this file cannot be read just now. A manager finds the reason in the server's log."
NO_POSTER = "There is no poster of this file."
PASSING = "private, no-store"
"""Of a provider's copy: nobody knows its version."""
MAY_WORK_LATER = frozenset({FailureKind.TRANSIENT, FailureKind.UNAUTHORIZED})


@dataclass
class NotToBeHad(Exception):
    """Nothing was sent. `status` is 410 when the file is gone for good, else 404 or 503; `sentence` is for people."""

    status: int
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def deliver(
    request: HttpRequest,
    result: Result,
    *,
    download: bool = False,
    cache_control: str = ASK_AGAIN,
    title: str | None = None,
) -> HttpResponseBase:
    """The result's bytes, or the range that is asked for: our copy, or the provider's passed on.

    `result` was loaded with `task__account`. `title` takes the place of the task's own words in the file's name.
    NotToBeHad when there is nothing to send.
    """
    disposition = Disposition.ATTACHMENT if download else Disposition.INLINE
    if not result.is_stored:
        name = file_name(result, title)
        shown = Shown(content_type=UNKNOWN_TYPE, name=name, disposition=disposition, cache_control=PASSING)
        return async_to_sync(_pass_on)(request, result, shown)
    copy = copy_of(result, disposition=disposition, cache_control=cache_control, title=title)
    try:
        return copy_response(request, copy, result_name(result.pk))
    except OSError as error:
        raise _unreadable(result, error) from error


async def _pass_on(request: HttpRequest, result: Result, shown: Shown) -> HttpResponseBase:
    if result_target(result) is None:
        raise NotToBeHad(410 if is_gone(result) else 404, why_not(result))
    try:
        return await remote_response(request, result, shown)
    except FetchFailed as error:
        raise NotToBeHad(503 if error.kind in MAY_WORK_LATER else 404, str(error)) from error
    except BadUpstream as error:
        raise NotToBeHad(503, str(error)) from error


def deliver_poster(
    request: HttpRequest, result: Result, *, cache_control: str = ASK_AGAIN
) -> HttpResponseBase:
    """The result's poster, a WebP image. NotToBeHad when there is none."""
    if not result.has_poster:
        raise NotToBeHad(404, NO_POSTER)
    try:
        data = poster_bytes(result)
    except OSError as error:
        raise _unreadable(result, error) from error
    return file_response(request, poster_of(result, data, cache_control=cache_control))


def _unreadable(result: Result, error: OSError) -> NotToBeHad:
    logger.error("The copy of result %s cannot be read: %s", result.pk, error)
    return NotToBeHad(503, UNREADABLE)
