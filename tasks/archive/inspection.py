"""What a stored file is like: its measures, and a picture of it. Untrusted media is opened by a child process."""

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.vocabulary import Kind

PROGRAM = Path(__file__).with_name("inspect_media.py")
INSPECTED = frozenset({Kind.VIDEO, Kind.IMAGE, Kind.AUDIO})
TIMEOUT_S = 40.0
TOLD_MAX_BYTES = 64 * 1024
POSTER_MAX_BYTES = 256 * 1024
SIDE_MAX = 100_000
"""Pixels: whatever claims more is lying."""
DURATION_MAX_S = 10_000_000.0

_UNREADABLE = "The file cannot be read as what it claims to be."
_LATE = "Looking into the file took too long."
_UNSTARTED = "The program that looks into files could not be started."


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out; None and empty where nothing was.

    `kind` is what the streams show, for containers that hold video or sound alike. `width` and `height` are in
    pixels, upright. `poster` is WebP, for sound a picture of its waveform, whose `peaks` are 0 to 100 each.
    `reason` is a sentence for people: why something is missing. Empty when nothing is.
    """

    kind: Kind | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    codec: str = ""
    poster: bytes | None = None
    peaks: tuple[int, ...] = ()
    reason: str = ""


async def inspect(path: Path, kind: Kind, *, timeout_s: float = TIMEOUT_S, program: Path = PROGRAM) -> Facts:
    """The facts of a local file that was sniffed as `kind`; nothing for what is neither seen nor heard.

    Bad media is never an error: it leaves facts empty and gives a reason. Starts one process per call; how many
    at once is the caller's business. `program` is what runs, for tests.
    """
    if kind not in INSPECTED:
        return Facts()
    with tempfile.TemporaryDirectory(prefix="poster-") as folder:
        poster = Path(folder, "poster.webp")
        told = bytearray()
        trouble = await _run((str(program), kind.value, str(path), str(poster)), told, timeout_s)
        return _facts(_merged(told), await asyncio.to_thread(_read, poster), trouble)


async def _run(arguments: tuple[str, ...], told: bytearray, timeout_s: float) -> str:
    """Fills `told` with what the child prints, and returns why it failed, or nothing. Leaves no process behind."""
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", *arguments),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
    except OSError:
        return _UNSTARTED
    ended = False
    try:
        async with asyncio.timeout(timeout_s):
            await _listen(child, told)
            ended = len(told) <= TOLD_MAX_BYTES and await child.wait() is not None
    except TimeoutError:
        return _LATE
    finally:
        if not ended:
            await _kill(child)
    if child.returncode == -signal.SIGXCPU:
        return _LATE
    return "" if child.returncode == 0 else _UNREADABLE


def _environment() -> dict[str, str]:
    """No secrets: only what finds Python's own libraries."""
    kept = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {"LC_ALL": "C.UTF-8", **{name: os.environ[name] for name in kept if name in os.environ}}


async def _listen(child: Process, told: bytearray) -> None:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    while len(told) <= TOLD_MAX_BYTES and (part := await child.stdout.read(TOLD_MAX_BYTES)):
        told += part


async def _kill(child: Process) -> None:
    """With whatever it started: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()


def _read(poster: Path) -> bytes | None:
    try:
        with poster.open("rb") as file:
            picture = file.read(POSTER_MAX_BYTES + 1)
    except OSError:
        return None
    whole = picture[:4] == b"RIFF" and picture[8:12] == b"WEBP" and len(picture) <= POSTER_MAX_BYTES
    return picture if whole else None


def _merged(told: bytearray) -> dict[str, object]:
    """Of all lines that came whole; the child is not trusted to write proper ones."""
    merged: dict[str, object] = {}
    for line in told[:TOLD_MAX_BYTES].splitlines():
        try:
            facts = json.loads(line)
        except (ValueError, RecursionError):
            continue
        merged |= facts if isinstance(facts, dict) else {}
    return merged


def _facts(told: Mapping[str, object], poster: bytes | None, trouble: str) -> Facts:
    reason = told.get("reason")
    return Facts(
        kind=_kind(told.get("kind")),
        width=_whole(told.get("width")),
        height=_whole(told.get("height")),
        duration_s=_seconds(told.get("duration_s")),
        codec=_word(told.get("codec"), 32),
        poster=poster if told.get("poster") is True else None,
        peaks=_peaks(told.get("peaks")),
        reason=_word(reason, 200) or trouble or ("" if poster else _UNREADABLE),
    )


def _kind(value: object) -> Kind | None:
    return Kind(value) if isinstance(value, str) and value in INSPECTED else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value <= SIDE_MAX else None


def _seconds(value: object) -> float | None:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 < value <= DURATION_MAX_S:
        return None
    return round(float(value), 3)


def _word(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) and value.isprintable() else ""


def _peaks(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > 1_000:
        return ()
    fits = all(isinstance(one, int) and 0 <= one <= 100 for one in value)
    return tuple(value) if fits else ()
