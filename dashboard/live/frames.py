"""The messages of the live protocol as text. What many sockets are sent is built once."""

import json
import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, cast
from uuid import UUID

from django.db import InterfaceError, OperationalError

from dashboard.api.representation import task_json
from dashboard.live.interest import Interest, View
from dashboard.rendering import View as PageView
from dashboard.rendering import render_task
from tasks.models import Task

logger = logging.getLogger(__name__)

Live = Literal["live", "second"]
Style = tuple[View, str]
"""What a drawing depends on besides the task: the view, and for programs the site."""

NEWS = '{"type":"news"}'
"""Something ended that the person wants to hear of: the page asks what."""
RESYNC = '{"type":"resync"}'
FRAMES_KEPT = 16


def dump(message: object) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def hello(live: Live) -> str:
    return dump({"type": "hello", "live": live})


def error(code: str, message: str) -> str:
    return dump({"type": "error", "error": {"code": code, "message": message}})


def counts(numbers: Mapping[str, int]) -> str:
    return dump({"type": "counts", "counts": numbers})


def style_of(interest: Interest) -> Style:
    return interest.view, interest.site


def draw(task: Task, style: Style) -> str:
    """A task as JSON text: an object for programs, for pages a string of HTML. May ask the database."""
    view, site = style
    if view is View.JSON:
        return dump(task_json(task, site))
    return dump(render_task(task, cast("PageView", view.value)))


def draw_all(wanted: Mapping[Style, Iterable[Task]]) -> dict[tuple[Style, UUID], str]:
    """All of them; a task that cannot be drawn is logged and left out, and holds up no other."""
    drawings: dict[tuple[Style, UUID], str] = {}
    for style, tasks in wanted.items():
        for task in tasks:
            try:
                drawings[style, task.id] = draw(task, style)
            except (InterfaceError, OperationalError):
                raise
            except Exception:  # one task's odd data must not silence the others
                logger.exception("task %s cannot be drawn as %s", task.id, style[0].value)
    return drawings


def part(task: Task, drawing: str, interest: Interest) -> str:
    """What a drawing becomes in a message: a whole frame for programs, one entry of `rows` for pages."""
    if interest.is_program:
        return f'{{"type":"task","task":{drawing}}}'
    return row(task, drawing, interest)


def row(task: Task, drawing: str, interest: Interest) -> str:
    match = "true" if interest.matches(task) else "false"
    return f'{{"id":"{task.id}","version":{task.version},"match":{match},"html":{drawing}}}'


@lru_cache(maxsize=FRAMES_KEPT)
def rows(entries: tuple[str, ...], gone: tuple[str, ...]) -> str:
    """One frame of rows; the same text for everybody who is sent the same entries."""
    return f'{{"type":"rows","rows":[{",".join(entries)}],"gone":{dump(gone)}}}'
