"""MoneyPrinterTurbo: the team's own server, which makes short videos, speech and subtitles, and knows no key."""

import json
import re
import uuid
from collections.abc import Mapping
from urllib.parse import quote

from tasks.providers import answers, moneyprinter_answers, moneyprinter_forms, moneyprinter_list
from tasks.providers.addresses import id_at_end
from tasks.providers.adoption import UUID, adopt_text
from tasks.providers.contract import Adoption, Answer, Lister, Page, Request, Snapshot, TaskRef
from tasks.providers.fields import identifier, number
from tasks.providers.moneyprinter_answers import (
    DOWNLOAD_PATH,
    Fields,
    is_state,
    read,
    snapshot,
    task_in,
    understand,
)
from tasks.providers.moneyprinter_list import TASKS_PATH
from tasks.vocabulary import Kind

NAME = moneyprinter_answers.NAME
SHORT = "MP"
DEFAULT_BASE_URL = "http://localhost:8080"
NEEDS_KEY = False
SUMMARY = "Your own MoneyPrinterTurbo server: short videos from a subject, made on your machine."

FORMS = moneyprinter_forms.FORMS
KINDS_MADE: Mapping[str, Kind] = moneyprinter_forms.KINDS_MADE
LISTING: Lister | None = moneyprinter_list
MODELS: Request | None = None

STREAM_PATH = "/api/v1/stream/"
PROBE = Page(1, 1)

_POLL_ROUTE = re.compile(r"/api/v1/tasks/[^/]+/?$")
_FILE_ROUTE = re.compile(rf"/(?:tasks|api/v1/(?:stream|download))/({UUID.pattern})/[^/]", re.IGNORECASE)


def poll_request(ref: TaskRef) -> Request:
    return Request(ref.poll_url or f"{TASKS_PATH}/{quote(ref.remote_id, safe='')}")


def probe_request() -> Request:
    return moneyprinter_list.list_request(PROBE)


def check_probe(answer: Answer) -> None:
    moneyprinter_list.parse_list(answer, PROBE)


def parse_task(answer: Answer, ref: TaskRef) -> Snapshot:
    body = read(answer)
    task = task_in(body)
    if not is_state(task.get("state")):
        raise answers.refusal(NAME, answer, body, reader=understand)
    return snapshot(task, ref)


def parse_created(body: object) -> Adoption:
    whole = answers.object_of(NAME, body)
    task = task_in(whole)
    remote_id = identifier(task.get("task_id"))
    if not remote_id:
        raise answers.unusable(NAME, whole, reader=understand)
    told = snapshot(task, TaskRef(remote_id)) if is_state(task.get("state")) else None
    return Adoption(remote_id, kind=told.kind if told else None, snapshot=told)


def create_request(kind: Kind, params: Mapping[str, object], task_id: uuid.UUID) -> Request:
    """Newer servers take the id from us and make nothing twice under it; older ones overlook it."""
    body = {**params, "idempotency_key": str(task_id)}
    return Request(moneyprinter_forms.create_path(kind), "POST", json.dumps(body).encode())


def cancel_request(ref: TaskRef) -> Request | None:
    return None


def delete_request(ref: TaskRef) -> Request | None:
    """Removes the files as well."""
    return Request(f"{TASKS_PATH}/{quote(ref.remote_id, safe='')}", "DELETE") if ref.remote_id else None


def read_created(answer: Answer) -> Adoption:
    return parse_created(read(answer))


def adopt(text: str) -> Adoption | None:
    return adopt_text(text, from_object=_adopt_object, from_address=_adopt_address, from_id=_adopt_id)


def stream_request(url: str) -> Request | None:
    """Its download route offers a file to be saved; this one plays it, and always answers 206."""
    return Request(url.replace(DOWNLOAD_PATH, STREAM_PATH, 1)) if url else None


def deadline_s(kind: Kind, model: str) -> float:
    """It may wait behind a hundred others on one machine."""
    return 6 * 3600.0


def auth_headers(api_key: str) -> Mapping[str, str]:
    return {"x-api-key": api_key} if api_key else {}


def _adopt_object(body: Fields) -> Adoption | None:
    """An envelope with a numeric status, or a bare record out of a list."""
    enveloped = number(body.get("status")) is not None and isinstance(body.get("data"), dict)
    return parse_created(body) if enveloped or is_state(body.get("state")) else None


def _adopt_address(target: str) -> Adoption | None:
    """A link to one of its files names the task too, but is no poll address."""
    path = target.partition("?")[0].partition("#")[0]
    if _POLL_ROUTE.search(path):
        remote_id = identifier(id_at_end(target))
        return Adoption(remote_id, poll_url=target) if remote_id else None
    found = _FILE_ROUTE.search(path)
    return Adoption(found[1]) if found else None


def _adopt_id(remote_id: str) -> Adoption | None:
    return Adoption(remote_id, certain=False, likelihood=0.6) if UUID.fullmatch(remote_id) else None
