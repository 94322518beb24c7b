"""What log lines are about: said once where work on it begins, carried by every line that is written meanwhile."""

from collections.abc import Mapping
from contextvars import ContextVar

FIELDS = ("duty", "account", "task", "result", "outcome")
"""Account is the slug; task and result are ids; duty and outcome are words of our own."""

_about: ContextVar[Mapping[str, object]] = ContextVar("log_fields", default={})  # noqa: B039  never written to


def about(**fields: object) -> None:
    """From here on the lines of this asyncio task, and of those it starts, carry these of `FIELDS`."""
    _about.set({**_about.get(), **fields})


def known_fields() -> Mapping[str, object]:
    """What was said of the work that goes on here."""
    return _about.get()
