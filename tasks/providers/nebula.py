"""Nebula Lab: video tasks of Sora, Veo, Wan, Kling and others behind one path, in plain and in enveloped answers."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs, quote, urlsplit

from tasks.providers import answers, model_lists, nebula_forms
from tasks.providers.addresses import id_at_end
from tasks.providers.adoption import UUID, adopt_text
from tasks.providers.complaints import understand
from tasks.providers.contract import Adoption, Answer, Failure, File, Lister, Request, Snapshot, TaskRef
from tasks.providers.failures import failure_of
from tasks.providers.fields import identifier, mapping, moment, progress, text
from tasks.providers.files import files_in, unique
from tasks.providers.words import status_of, word_in
from tasks.vocabulary import FINAL, Kind, Status

NAME = "Nebula"
SHORT = "NB"
DEFAULT_BASE_URL = "https://llm.ai-nebula.com"
NEEDS_KEY = True
SUMMARY = "Sora, Veo, Wan, Kling and more behind one key, for video."

FORMS = nebula_forms.FORMS
KINDS_MADE: Mapping[str, Kind] = nebula_forms.KINDS_MADE
LISTING: Lister | None = None
MODELS: Request | None = model_lists.REQUEST

TASKS_PATH = "/v1/video/generations/"
DOWNLOAD_PATH = f"{TASKS_PATH}download"
PROBE_ID = "dailies-connection-test"

Fields = Mapping[str, object]

_SORA_ID = re.compile(r"video_[0-9a-f]{32,}")
_VIDEO_ID = re.compile(r"video_(?=\w*\d)[0-9A-Za-z]{6,}")
_VEO_ID = re.compile(r"cHJvamVjdHMv[0-9A-Za-z_-]{20,500}={0,2}")
"""Base64 of a path that begins with `projects/`."""
_ROUTE = re.compile(rf"{TASKS_PATH}[^/]+/?$")


def poll_request(ref: TaskRef) -> Request:
    return Request(ref.poll_url or f"{TASKS_PATH}{quote(ref.remote_id, safe='')}")


def probe_request() -> Request:
    """Asks for a task that cannot exist: no cheaper route needs the key."""
    return Request(f"{TASKS_PATH}{PROBE_ID}")


def check_probe(answer: Answer) -> None:
    answers.expect_unknown_task(NAME, answer)


def parse_task(answer: Answer, ref: TaskRef) -> Snapshot:
    body = answers.read_object(NAME, answer)
    task = _task_in(body)
    if not word_in(task):
        raise answers.refusal(NAME, answer, body)
    return _snapshot(task, ref)


def parse_created(body: object) -> Adoption:
    whole = answers.object_of(NAME, body)
    task = _task_in(whole)
    remote_id = identifier(task.get("task_id"), task.get("id"))
    if not remote_id or remote_id == "download":
        return _inline(whole)
    snapshot = _snapshot(task, TaskRef(remote_id)) if word_in(task) else None
    return Adoption(
        remote_id,
        kind=Kind.VIDEO,
        model=_model(task),
        prompt=text(task.get("prompt"), 10_000),
        snapshot=snapshot,
    )


def create_request(kind: Kind, params: Mapping[str, object], task_id: uuid.UUID) -> Request:
    body = nebula_forms.create_body(kind, params)
    return Request(nebula_forms.create_path(kind), "POST", json.dumps(body).encode())


def cancel_request(ref: TaskRef) -> Request | None:
    return None


def delete_request(ref: TaskRef) -> Request | None:
    return None


def read_created(answer: Answer) -> Adoption:
    return parse_created(answers.read_object(NAME, answer))


def adopt(text: str) -> Adoption | None:
    return adopt_text(text, from_object=_adopt_object, from_address=_adopt_address, from_id=_adopt_id)


def stream_request(url: str) -> Request | None:
    """Sora's download call answers with JSON, wherever it is written."""
    return Request(url) if url and f"{DOWNLOAD_PATH}?id=" not in url else None


def deadline_s(kind: Kind, model: str) -> float:
    return 900.0 if kind is Kind.IMAGE else 3600.0


def auth_headers(api_key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def answers_with_base64(url: str) -> bool:
    """Whether a file's `url` is Sora's download call: JSON with the bytes in `base64`, which wants the key."""
    return url.startswith(f"{DOWNLOAD_PATH}?id=")


def _task_in(body: Fields) -> Fields:
    """The older envelope holds the task under `data`, in capitals; there is no way to tell but to look."""
    data = mapping(body.get("data"))
    return data if "status" in data or "task_id" in data else body


def _snapshot(task: Fields, ref: TaskRef) -> Snapshot:
    word = word_in(task)
    status = status_of(word)
    started, ended = ("start_time", "created_at", "created"), ("finish_time", "completed_at")
    return Snapshot(
        status=status,
        raw_status=word,
        progress=progress(task.get("progress")),
        model=_model(task),
        kind=Kind.VIDEO,
        files=_files(task, ref) if status is Status.SUCCEEDED else (),
        error=_failure(task) if status is Status.FAILED else None,
        started_at=None if status is Status.QUEUED else _first_moment(task, *started),
        finished_at=_first_moment(task, *ended) if status in FINAL else None,
    )


def _first_moment(task: Fields, *names: str) -> datetime | None:
    return next(filter(None, (moment(task.get(name)) for name in names)), None)


def _model(task: Fields) -> str:
    return text(task.get("model")) or text(mapping(task.get("metadata")).get("model"))


def _files(task: Fields, ref: TaskRef) -> tuple[File, ...]:
    """The first place that names files: the others are mirrors of it."""
    about = _measures(task)
    for place in _places(task):
        found = unique(files_in(place, Kind.VIDEO, names=("url", "video_url")))
        if found:
            return tuple(_measured(file, about) for file in found)
    remote_id = identifier(task.get("task_id"), task.get("id"), ref.remote_id)
    return (_download(remote_id, about),) if _is_sora(task, remote_id) else ()


def _places(task: Fields) -> Iterator[object]:
    inner, metadata = mapping(task.get("data")), mapping(task.get("metadata"))
    for source in (task, inner, mapping(inner.get("content")), metadata, mapping(metadata.get("output"))):
        for name in ("url", "result_url", "video_url"):
            yield source.get(name)
    yield mapping(metadata.get("response")).get("videos")
    reason = text(task.get("fail_reason"), 10)
    # Rows from before `result_url` existed keep the address where a failure would stand.
    yield task.get("fail_reason") if reason.startswith(("http", "data:")) else None


def _measures(task: Fields) -> File:
    """Width, height, duration and type, wherever they stand, as a file without address."""
    metadata = mapping(task.get("metadata"))
    sources = (metadata, mapping(metadata.get("usage")), mapping(task.get("data")), task)
    about = {name: value for source in sources for name, value in source.items() if name in _MEASURES}
    return next(files_in(about | {"url": "x"}, Kind.VIDEO))


_MEASURES = frozenset({"width", "height", "duration", "n_seconds", "seconds", "durationSeconds", "format"})


def _measured(file: File, about: File) -> File:
    return replace(
        file,
        content_type=file.content_type or about.content_type,
        width=file.width or about.width,
        height=file.height or about.height,
        duration_s=file.duration_s or about.duration_s,
    )


def _is_sora(task: Fields, remote_id: str) -> bool:
    return bool(remote_id) and (remote_id.startswith("video_") or "sora" in _model(task).lower())


def _download(remote_id: str, about: File) -> File:
    return replace(
        about, url=f"{DOWNLOAD_PATH}?id={quote(remote_id, safe='')}", name=f"{remote_id[:200]}.mp4"
    )


def _failure(task: Fields) -> Failure:
    said = understand(task)
    output = mapping(mapping(task.get("metadata")).get("output"))
    reasons = (said.message, text(task.get("failure_reason"), 2000), text(task.get("fail_reason"), 2000))
    return failure_of(
        NAME,
        said.code or text(output.get("code")),
        next(filter(None, reasons), "") or text(output.get("message"), 2000),
    )


def _inline(body: Fields) -> Adoption:
    """Images come at once, in an envelope around a list; ProviderError (invalid) when there is none."""
    inner = mapping(body.get("data")) or body
    images = unique(files_in(inner.get("data"), Kind.IMAGE)) if isinstance(inner.get("data"), list) else ()
    if not images:
        raise answers.unusable(NAME, body)
    snapshot = Snapshot(
        Status.SUCCEEDED, raw_status="", model=text(inner.get("model")), kind=Kind.IMAGE, files=images
    )
    return Adoption("", kind=Kind.IMAGE, model=snapshot.model, snapshot=snapshot)


def _adopt_object(body: Fields) -> Adoption | None:
    """MoneyPrinterTurbo's answers hold a `state` or a numeric `status`; LemonData's a `poll_url`."""
    task = _task_in(body)
    if "poll_url" in body or "state" in task or (task is not body and isinstance(body.get("status"), int)):
        return None
    if task is body and not body.get("task_id") and isinstance(body.get("data"), list):
        return None
    found = parse_created(body)
    enveloped = task is not body and "code" in body
    told = body.keys() & {"format", "metadata"} and word_in(body)
    typed = text(body.get("object")).startswith("video")
    return found if not found.remote_id or enveloped or told or typed else _by_shape(found)


def _adopt_address(target: str) -> Adoption | None:
    """A download link names the task too, but is no poll address."""
    parts = urlsplit(target)
    if parts.path.endswith(DOWNLOAD_PATH):
        remote_id = identifier(*parse_qs(parts.query, max_num_fields=20).get("id", []))
        return Adoption(remote_id, kind=Kind.VIDEO) if remote_id else None
    remote_id = identifier(id_at_end(target))
    return (
        Adoption(remote_id, poll_url=target, kind=Kind.VIDEO)
        if remote_id and _ROUTE.search(parts.path)
        else None
    )


def _adopt_id(remote_id: str) -> Adoption | None:
    return _by_shape(Adoption(remote_id, kind=Kind.VIDEO))


def _by_shape(found: Adoption) -> Adoption | None:
    """Sora's ids look like LemonData's old ones, Wan's like MoneyPrinterTurbo's; Veo's like nobody else's."""
    if _VEO_ID.fullmatch(found.remote_id):
        return found
    if UUID.fullmatch(found.remote_id):
        return replace(found, certain=False, likelihood=0.4)
    likelihood = 0.6 if _SORA_ID.fullmatch(found.remote_id) else 0.4
    return (
        replace(found, certain=False, likelihood=likelihood) if _VIDEO_ID.fullmatch(found.remote_id) else None
    )
