"""Why a file could not be fetched, in kinds that a program acts upon and sentences that a person understands."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx

from tasks.archive.guard import SENTENCE, was_guarded
from tasks.archive.parts import NOTHING, Part
from tasks.figures import size
from tasks.providers.answers import retry_after_s
from tasks.providers.words import squeezed


class FailureKind(StrEnum):
    GONE = "gone"
    """The server has no such file."""
    EXPIRED = "expired"
    """The link's time is over; the provider may give a fresh one."""
    REFUSED = "refused"
    """The link leads where we do not go, or the server does not give the file. Trying again changes nothing."""
    TOO_LARGE = "too_large"
    TRANSIENT = "transient"
    """Try again, with `part`."""
    WRONG = "wrong"
    """Something else came than the file. Trying again may help, but not for long."""
    UNAUTHORIZED = "unauthorized"
    """The account's own server refuses its key."""


@dataclass
class FetchFailed(Exception):
    """`message` is a sentence without key and without link; `part` is what the sink keeps, for the next attempt."""

    kind: FailureKind
    message: str
    retry_after_s: float | None = None
    part: Part = NOTHING

    @property
    def fetched_bytes(self) -> int:
        return self.part.size_bytes

    def __str__(self) -> str:
        return self.message


class LocalTrouble(Exception):
    """Our own disk or storage does not take the file, at present. Its text is a sentence for people."""


_SENTENCES = {
    FailureKind.GONE: "{name} no longer has this file ({status}).",
    FailureKind.EXPIRED: "The link has expired: {name} no longer takes it ({status}).",
    FailureKind.REFUSED: "{name} does not give this file ({status}).",
    FailureKind.TRANSIENT: "{name} has trouble of its own ({status}). We try again.",
    FailureKind.UNAUTHORIZED: "{name} refused this account's key ({status}). Check the account.",
}
_GONE = ("notexist", "notfound", "nosuchkey", "nolongeravailable")
_EXPIRED = ("expired", "specifiedtimeframe")


def refusal(name: str, status: int, headers: Mapping[str, str], said: bytes, *, keyed: bool) -> FetchFailed:
    """For an answer that is no file. `said` is the beginning of its body, `keyed` whether it was asked with a key."""
    words = squeezed(said.decode("utf-8", "replace"))
    kind = _kind(status, words, keyed=keyed)
    waits = kind is FailureKind.TRANSIENT
    sentence = "{name} asks to slow down ({status}). We try again." if status == 429 else _SENTENCES[kind]
    return FetchFailed(
        kind, sentence.format(name=name, status=status), retry_after_s(headers) if waits else None
    )


def _kind(status: int, words: str, *, keyed: bool) -> FailureKind:
    """Stores answer 400 or 403 to a link whose time is over; whoever sent a key is told of the key like that too."""
    over = any(sign in words for sign in _EXPIRED) and "apikey" not in words
    if status in (404, 410):
        return FailureKind.GONE
    if status in (401, 403) or (status == 402 and keyed):
        return FailureKind.UNAUTHORIZED if keyed and not over else FailureKind.EXPIRED
    if status in (408, 425, 429) or not 400 <= status < 500:
        return FailureKind.TRANSIENT
    if over:
        return FailureKind.EXPIRED
    return FailureKind.GONE if any(sign in words for sign in _GONE) else FailureKind.REFUSED


def unreached(name: str, error: httpx.TransportError) -> FetchFailed:
    """For a connection that was not made or broke."""
    if was_guarded(error):
        return FetchFailed(FailureKind.REFUSED, SENTENCE)
    if isinstance(error, httpx.UnsupportedProtocol):
        return FetchFailed(FailureKind.REFUSED, "The link is none that can be followed.")
    return transient(name, f"did not give the file: {error}")


def transient(name: str, happened: str) -> FetchFailed:
    """`happened` completes the sentence that begins with the server's name."""
    return FetchFailed(FailureKind.TRANSIENT, f"{name} {happened}. We try again.")


def not_inside(said: str) -> FetchFailed:
    """For an answer that should hold a file and holds none, or half of one: `said` is a sentence that tells so."""
    words = squeezed(said)
    over = any(sign in words for sign in (*_EXPIRED, *_GONE))
    return (
        FetchFailed(FailureKind.EXPIRED, said)
        if over
        else FetchFailed(FailureKind.TRANSIENT, f"{said} We try again.")
    )


def too_large(largest_bytes: int) -> FetchFailed:
    return FetchFailed(FailureKind.TOO_LARGE, f"The file is larger than the limit of {size(largest_bytes)}.")
