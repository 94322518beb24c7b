"""Log lines that tell no share's token: whoever reads a log may not open what was shared."""

import logging
import re

TOKEN = re.compile(r"(/s/)[^/\s?#\"'“”<>]+")


class MaskedLines(logging.Formatter):
    """Masks the finished line with its traceback, whoever wrote it and whatever its parts were."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub(r"\1…", super().format(record))
