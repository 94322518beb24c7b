"""MoneyPrinterTurbo's list of tasks, a page at a time: oldest first in its memory, in no order out of its Redis."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from urllib.parse import quote

from tasks.providers import answers
from tasks.providers.contract import About, Answer, Listed, ListedTask, Page, Request, TaskRef
from tasks.providers.fields import identifier, mapping, number, text
from tasks.providers.moneyprinter_answers import NAME, is_state, read, snapshot

TASKS_PATH = "/api/v1/tasks"
MAX_RECORDS = 10_000
LARGEST = 10**9
SUBJECT_MAX = 2_000
SCRIPT_MAX = 100_000


def list_request(page: Page) -> Request:
    return Request(f"{TASKS_PATH}?page={page.number}&page_size={page.size}")


def parse_list(answer: Answer, page: Page) -> Listed:
    """The answer tells which page it is; a server that caps the size is believed.

    Files are left out: here stand paths of its own disk, where a task's own answer has addresses.
    """
    data = mapping(read(answer).get("data"))
    records = data.get("tasks")
    if not isinstance(records, list):
        raise answers.invalid(
            NAME, "answered without a list of tasks: another server may stand there", answer
        )
    at, size = _count(data.get("page")) or page.number, _count(data.get("page_size")) or page.size
    return Listed(
        tasks=tuple(map(_task, islice(records, MAX_RECORDS))),
        first=(at - 1) * size,
        total=_count(data.get("total")),
    )


def subject_request(remote_id: str) -> Request:
    """A file of the task's folder; it is there once the script is written."""
    return Request(f"/tasks/{quote(remote_id, safe='')}/script.json")


def parse_about(answer: Answer) -> About | None:
    """The file's own time is the nearest thing to a date that this server tells of a task."""
    try:
        body = mapping(json.loads(answer.body)) if answer.status_code == 200 else {}
    except (ValueError, RecursionError):
        return None
    params = mapping(body.get("params"))
    return (
        About(text(params.get("video_subject"), SUBJECT_MAX), params, _written_at(answer)) if params else None
    )


def was_made_by(about: About, sent: Mapping[str, object]) -> bool:
    """Subject and script are what a person gave, as far as they did; all else has defaults that servers differ in."""
    given = {name: words for name in ("video_subject", "video_script") if (words := _words(sent.get(name)))}
    return bool(given) and all(_words(about.params.get(name)) == words for name, words in given.items())


def _words(value: object) -> list[str]:
    return text(value, SCRIPT_MAX).split()


def _written_at(answer: Answer) -> datetime | None:
    try:
        at = parsedate_to_datetime(answer.headers.get("last-modified", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _task(record: object) -> ListedTask | None:
    about = mapping(record)
    remote_id = identifier(about.get("task_id"))
    if not remote_id or not is_state(about.get("state")):
        return None
    return ListedTask(remote_id, replace(snapshot(about, TaskRef(remote_id)), files=(), kind=None))


def _count(value: object) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found <= LARGEST else None
