"""What this process needs and cannot reach: told once when it goes and once when it is back, however many notice."""

import logging
import threading

logger = logging.getLogger(__name__)


class Outage:
    """Of one thing. Safe to use from several threads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lasts = False
        self._lock = threading.Lock()

    def begins(self, error: BaseException | str) -> None:
        """Somebody could not reach it. Whatever is wrong fits one line, without a trace."""
        if not self._turn(lasts=True):
            return
        words = str(error).split() or [type(error).__name__]
        logger.warning("%s is away, we go on when it is back: %s", self._name, " ".join(words))

    def ends(self) -> None:
        """Somebody reached it."""
        if self._lasts and self._turn(lasts=False):
            logger.warning("%s is back", self._name)

    def _turn(self, *, lasts: bool) -> bool:
        with self._lock:
            before, self._lasts = self._lasts, lasts
        return before != lasts


database = Outage("the database")
layer = Outage("the channel layer")


class LayerTrouble(logging.Handler):
    """Takes what the layer's library logs: a trace every second while Redis is away."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        layer.begins(error or record.getMessage())
