"""Log lines that tell no secret: whoever reads a log may not open what was shared, nor use a key."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from tasks.log_fields import FIELDS, known_fields
from tasks.providers.masks import mask_secrets

SHARED = re.compile(r"(/(?:s|given)/)[^/\s?#\"'“”<>]+")
TOKEN = re.compile(r"\b(dly_)[\w-]+")
"""What `dashboard/tokens.py` makes; it cannot be imported before Django is set up."""


def masked(text: str) -> str:
    """The text without keys, passwords, tokens and links that open something."""
    return TOKEN.sub(r"\1…", SHARED.sub(r"\1…", mask_secrets(text)))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line is about, by `FIELDS`; a request's line tells which request it was, and its outcome."""
    found = {**known_fields(), **{name: value for name in FIELDS if (value := getattr(record, name, None))}}
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        status = getattr(record, "status_code", None)
        found |= {"duty": "serving", "method": request.method, "path": request.path, "outcome": status}
    return {name: str(value) for name, value in found.items() if value is not None}


class MaskedLines(logging.Formatter):
    """Text. Masks the finished line with its traceback, whoever wrote it and whatever its parts were."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the base's own name
        line = super().formatMessage(record)
        more = [f"{name}={value}" for name, value in fields_of(record).items() if value not in line]
        return f"{line} [{' '.join(more)}]" if more else line


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, the fields, and `exception` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info and record.exc_info[0]:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: masked(value) for name, value in said.items()}, ensure_ascii=False)
