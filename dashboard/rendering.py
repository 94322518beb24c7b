"""A task as HTML. It depends on the task alone, so that one rendering serves every reader.

The pages print their rows through `render_task`, and the hub sends the same to open pages. What is
personal comes from attributes of `<body>`: whether one may act, and the zone of the times.
"""

from typing import Literal

from django.template.loader import get_template

from dashboard.shown_task import Shown
from dashboard.shown_whole import ShownWhole
from tasks.models import Task

View = Literal["rows", "cards", "task"]
TEMPLATES: dict[View, str] = {
    "rows": "tasks/_row.html",
    "cards": "tasks/_card.html",
    "task": "tasks/_task.html",
}


def render_task(task: Task, view: View) -> str:
    """The HTML of one task, loaded with `with_owner()`; view "task" asks for history and raw answer itself."""
    shown = ShownWhole(task) if view == "task" else Shown(task)
    return get_template(TEMPLATES[view]).render({"task": task, "shown": shown})
