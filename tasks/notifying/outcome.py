"""What came of one attempt to deliver a message."""

from dataclasses import dataclass

ANSWER_MAX = 500
TROUBLE_MAX = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """`trouble` "" means that it arrived; else it says what happened, whose fault it is and what helps."""

    trouble: str = ""
    http_status: int | None = None
    answer: str = ""
    """How the answer began, as text."""
    wait_s: float | None = None
    """The receiver asked to be left alone for so long."""
    is_gone: bool = False
    """The receiver says that it wants no more, ever."""

    @property
    def arrived(self) -> bool:
        return not self.trouble
