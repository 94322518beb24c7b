"""Log lines that tell no token of an address: whoever reads a log may not open what was shared, or spend money."""

import logging
import re

TOKEN = re.compile(r"(/s/|/gateway/[^/\s]+/key/)[^/\s?#\"'“”<>]+")


class MaskedLines(logging.Formatter):
    """Masks the finished line with its traceback, whoever wrote it and whatever its parts were."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub(r"\1…", super().format(record))
