"""How large a file may be and how long it may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """For each download. Seconds, bytes and bytes a second."""

    largest_bytes: int = 5 * 1000**3
    connect_timeout_s: float = 10.0
    answer_timeout_s: float = 60.0
    """From the request to the answer's first line, for each hop."""
    complaint_wait_s: float = 5.0
    """How long an error page is read, to tell an expired link from another fault."""
    stall_s: float = 30.0
    slowest_bytes_per_s: float = 10_000.0
    """Less than this over `stall_s` is given up."""
    longest_s: float = 4 * 3600.0
    redirects: int = 5


class Pace:
    """Tells how long to wait for more bytes. Only waiting for the server counts, not our own writing."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._least_bytes = limits.slowest_bytes_per_s * limits.stall_s
        self._window_s = 0.0
        self._window_bytes = 0
        self._waited_s = 0.0

    @property
    def left_s(self) -> float:
        return min(self._limits.stall_s - self._window_s, self._limits.longest_s - self._waited_s)

    def count(self, received_bytes: int, waited_s: float) -> None:
        """A new window begins whenever enough has come."""
        self._waited_s += waited_s
        self._window_s += waited_s
        self._window_bytes += received_bytes
        if self._window_bytes >= self._least_bytes:
            self._window_s, self._window_bytes = 0.0, 0
