"""LemonData, renamed TokenLab: video, image, music, 3D and world tasks in three eras of fields, and a Volc dialect."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from tasks.providers import answers, lemondata_forms, model_lists
from tasks.providers.addresses import id_at_end
from tasks.providers.adoption import adopt_text
from tasks.providers.complaints import understand
from tasks.providers.contract import Adoption, Answer, Failure, Lister, Request, Snapshot, TaskRef
from tasks.providers.failures import failure_of
from tasks.providers.fields import address, identifier, moment, progress, text
from tasks.providers.lemondata_assets import files_of, kind_of
from tasks.providers.words import normalized, status_of, word_in
from tasks.vocabulary import FINAL, Kind, Reason, Status

NAME = "LemonData"
SHORT = "LD"
DEFAULT_BASE_URL = "https://api.lemondata.cc"
NEEDS_KEY = True
SUMMARY = "Video, image, music and 3D models from many makers behind one key; also known as TokenLab."

FORMS = lemondata_forms.FORMS
KINDS_MADE: Mapping[str, Kind] = lemondata_forms.KINDS_MADE
LISTING: Lister | None = None
MODELS: Request | None = model_lists.REQUEST

PROBE_ID = "dailies-connection-test"
VOLC_PATH = "/api/v3/contents/generations/tasks/"

_OWN_ID = re.compile(
    r"ldtask_[0-9A-Za-z_-]+|cgt-[0-9A-Za-z-]{6,}|(?:img|music|3d)_(?=\w*\d)[0-9A-Za-z_-]{6,}"
)
_OLD_VIDEO_ID = re.compile(r"video_(?=\w*\d)[0-9A-Za-z]{6,}")
_SORA_ID = re.compile(r"video_[0-9a-f]{32,}")
_ROUTE = re.compile(
    r"(?:(?<!/api)/v1/(?:tasks|(?:videos|images|music|3d|worlds)/generations)/[^/]+"
    rf"|/v1/images/ldtask_[^/]+|{VOLC_PATH}[^/]+)/?$"
)


def poll_request(ref: TaskRef) -> Request:
    return Request(ref.poll_url or _path_of(ref.remote_id))


def probe_request() -> Request:
    """Asks for a task that cannot exist: no cheaper route needs the key."""
    return Request(f"/v1/tasks/{PROBE_ID}")


def check_probe(answer: Answer) -> None:
    answers.expect_unknown_task(NAME, answer)


def parse_task(answer: Answer, ref: TaskRef) -> Snapshot:
    body = answers.read_object(NAME, answer)
    if not word_in(body):
        raise answers.refusal(NAME, answer, body)
    return _snapshot(body, ref)


def parse_created(body: object) -> Adoption:
    task = answers.object_of(NAME, body)
    poll_url = address(task.get("poll_url"))
    remote_id = identifier(task.get("task_id"), task.get("id"), id_at_end(poll_url))
    ref = TaskRef(remote_id, poll_url or _volc_path(remote_id))
    snapshot = _snapshot(task, ref) if word_in(task) or not remote_id else None
    if not remote_id and not (snapshot and snapshot.files):
        raise answers.unusable(NAME, task)
    return Adoption(
        remote_id,
        poll_url=ref.poll_url,
        kind=kind_of(task, ref),
        model=text(task.get("model")),
        prompt=text(task.get("prompt"), 10_000),
        title=text(task.get("title"), 500),
        snapshot=snapshot,
    )


def create_request(kind: Kind, params: Mapping[str, object], task_id: UUID) -> Request:
    path = lemondata_forms.create_path(kind, text(params.get("model")))
    return Request(path, "POST", json.dumps(params).encode())


def cancel_request(ref: TaskRef) -> Request | None:
    """Only queued Seedance tasks can be; what others answer says so."""
    return Request(f"/v1/tasks/{quote(ref.remote_id, safe='')}", "DELETE") if ref.remote_id else None


def delete_request(ref: TaskRef) -> Request | None:
    return None


def read_created(answer: Answer) -> Adoption:
    return parse_created(answers.read_object(NAME, answer))


def adopt(text: str) -> Adoption | None:
    return adopt_text(text, from_object=_adopt_object, from_address=_adopt_address, from_id=_adopt_id)


def stream_request(url: str) -> Request | None:
    return Request(url) if url else None


def deadline_s(kind: Kind, model: str) -> float:
    """Seedance waits up to 48 h for its turn."""
    if "seedance" in model.lower():
        return 49 * 3600.0
    return 900.0 if kind is Kind.IMAGE else 3600.0


def auth_headers(api_key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def _path_of(remote_id: str) -> str:
    return _volc_path(remote_id) or f"/v1/tasks/{quote(remote_id, safe='')}"


def _volc_path(remote_id: str) -> str:
    """Tasks of the Volc dialect are asked where they were made, and never name their poll address."""
    return f"{VOLC_PATH}{quote(remote_id, safe='')}" if remote_id.startswith("cgt-") else ""


def _snapshot(body: Mapping[str, object], ref: TaskRef) -> Snapshot:
    """Without a status word the body is an image answer that holds its results at once."""
    word = word_in(body)
    status = status_of(word) if word else Status.SUCCEEDED
    if status is Status.FAILED and _was_cancelled(body):
        status = Status.CANCELED
    kind = kind_of(body, ref)
    return Snapshot(
        status=status,
        raw_status=word,
        progress=progress(body.get("progress")),
        model=text(body.get("model")),
        kind=kind,
        files=files_of(body, kind) if status is Status.SUCCEEDED else (),
        error=_failure(body, word) if status is Status.FAILED else None,
        poll_url=address(body.get("poll_url")),
        started_at=None if status is Status.QUEUED else _first_moment(body, "created", "created_at"),
        finished_at=_first_moment(body, "completed_at", "updated", "updated_at") if status in FINAL else None,
    )


def _first_moment(body: Mapping[str, object], *names: str) -> datetime | None:
    return next(filter(None, (moment(body.get(name)) for name in names)), None)


def _was_cancelled(body: Mapping[str, object]) -> bool:
    word = normalized(text(body.get("cancellation_status")))
    return body.get("cancelled") is True or status_of(word) is Status.CANCELED


def _failure(body: Mapping[str, object], word: str) -> Failure:
    said = understand(body)
    if normalized(word) == "timeout":
        late = failure_of(NAME, said.code or "timeout", said.message or f"{NAME} gave up: it took too long.")
        return replace(late, reason=Reason.PROVIDER)
    return failure_of(NAME, said.code, said.message)


def _adopt_object(body: Mapping[str, object]) -> Adoption | None:
    """Nebula's and MoneyPrinterTurbo's answers have a `data` object, a `format` or a `state`: LemonData's never."""
    foreign = body.keys() & {"format", "metadata", "state", "object"} and "poll_url" not in body
    if foreign or isinstance(body.get("data"), dict):
        return None
    found = parse_created(body)
    if not found.remote_id or found.poll_url or _OWN_ID.fullmatch(found.remote_id):
        return found
    return _doubtful(found) if _OLD_VIDEO_ID.fullmatch(found.remote_id) else None


def _adopt_address(target: str) -> Adoption | None:
    path = target.partition("?")[0].partition("#")[0]
    remote_id = identifier(id_at_end(target))
    if not remote_id or not _ROUTE.search(path):
        return None
    return Adoption(remote_id, poll_url=target, kind=kind_of({}, TaskRef(remote_id, target)))


def _adopt_id(remote_id: str) -> Adoption | None:
    found = Adoption(remote_id, poll_url=_volc_path(remote_id), kind=kind_of({}, TaskRef(remote_id)))
    if _OWN_ID.fullmatch(remote_id):
        return found
    return _doubtful(found) if _OLD_VIDEO_ID.fullmatch(remote_id) else None


def _doubtful(found: Adoption) -> Adoption:
    """Old `video_…` ids look like those of Sora at Nebula, which are longer and hexadecimal."""
    return replace(found, certain=False, likelihood=0.3 if _SORA_ID.fullmatch(found.remote_id) else 0.7)
