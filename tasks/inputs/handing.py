"""Handing files over: just before a call leaves, each reference in it becomes a link or the bytes themselves."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tasks.archive.extensions import extension_of
from tasks.archive.storage import media_storage
from tasks.creating import form_of
from tasks.inputs.checking import check_references
from tasks.inputs.found import Found
from tasks.inputs.limits import LINK_LASTS
from tasks.inputs.links import links_work, token_for, url_of
from tasks.models import Submission
from tasks.providers.forms import BadParams
from tasks.providers.references import Reference, with_texts
from tasks.vocabulary import Kind


class NotToBeHanded(Exception):
    """A file is gone or cannot be read, so the call is not made. Its text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Handed:
    """Parameters to be sent, without references. `secrets`: what no answer may repeat."""

    params: Mapping[str, object]
    secrets: tuple[bytes, ...] = ()


def look_up(submission: Submission) -> dict[Reference, Found]:
    """The files its parameters name, checked once more. NotToBeHanded when one does not fit any more."""
    try:
        form = form_of(submission.task.account, Kind(submission.task.kind))
        return check_references(form, submission.params)
    except BadParams as error:
        raise NotToBeHanded(str(error)) from error


def hand_over(submission: Submission, found: Mapping[Reference, Found], now: datetime) -> Handed:
    """Fill them in. Reads files, where no link of ours can be followed: call it beside the loop. NotToBeHanded."""
    if not found:
        return Handed(submission.params)
    task = submission.task
    form = form_of(task.account, Kind(task.kind))
    if not links_work():
        return Handed(with_texts(form, submission.params, {one: _data(file) for one, file in found.items()}))
    until = max(now + LINK_LASTS, task.deadline_at)
    tokens = {one: token_for(one, until) for one in found}
    urls = {one: url_of(tokens[one], extension_of(file.content_type)) for one, file in found.items()}
    return Handed(
        with_texts(form, submission.params, urls), tuple(token.encode() for token in tokens.values())
    )


def _data(file: Found) -> str:
    """As a `data:` URI."""
    try:
        with media_storage().open(file.storage_name) as stored:
            data = stored.read()
    except Exception as error:  # whatever a storage raises
        raise NotToBeHanded(f"“{file.name}” cannot be read from the media storage just now.") from error
    if len(data) != file.size_bytes:
        raise NotToBeHanded(f"“{file.name}” is not whole in the media storage.")
    return f"data:{file.content_type};base64,{base64.b64encode(data).decode()}"
