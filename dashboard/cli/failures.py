"""How a command ends when it cannot do what was asked: one sentence, and a code that scripts can use."""

from collections.abc import Collection
from enum import IntEnum

from tasks.vocabulary import FINAL, Status


class Exit(IntEnum):
    """What `dailies` ends with; docs/command-line.md explains each to scripts."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_ACCESS = 3
    TIMED_OUT = 4
    UNCONFIRMED = 5
    INTERRUPTED = 130
    READER_GONE = 141


SETTLED = FINAL | {Status.LOST, Status.TIMED_OUT, Status.UNCONFIRMED}
"""Statuses in which waiting brings nothing soon: over, or left to a person."""


class Failure(Exception):
    """One sentence for standard error; `status` is the HTTP status where an answer caused it."""

    def __init__(self, message: str, exit_code: Exit = Exit.FAILED, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.status = status


class ReaderGone(Exception):
    """Who read our output went away. No OSError, which beside a connection would be the connection's."""


def verdict(statuses: Collection[str]) -> Exit:
    """The code for tasks that have settled. One that nobody can confirm outweighs failures: it may exist."""
    if Status.UNCONFIRMED in statuses:
        return Exit.UNCONFIRMED
    return Exit.DONE if all(status == Status.SUCCEEDED for status in statuses) else Exit.FAILED
