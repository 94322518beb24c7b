"""The folder of files under way: what a killed process leaves there, the next one goes on with.

Of a result there is `<id>.part` with `<id>.note` beside it, then `<id>.whole`, then nothing: by then it is stored.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tasks.archive.parts import NOTHING, Part
from tasks.identity import boot

YOUNG_S = 600.0
"""A file this young may belong to a row that is not to be seen yet."""


class Busy(Exception):
    """Another process of this machine works on the same result."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The folder. Everything here blocks: call it in a thread."""

    root: Path

    def part(self, result_id: UUID) -> Path:
        return self.root / f"{result_id}.part"

    def whole(self, result_id: UUID) -> Path:
        """There only when it is whole."""
        return self.root / f"{result_id}.whole"

    def copy(self, result_id: UUID) -> Path:
        """Of a stored result that lies in a bucket and is looked into here."""
        return self.root / f"{result_id}.copy"

    def found_part(self, result_id: UUID, address: str) -> Part:
        """What an earlier attempt got from the same address; NOTHING when that cannot be told for sure.

        After a crash of the machine the end of a file may be missing within its length.
        """
        try:
            note = json.loads(self._note(result_id).read_text())
            size_bytes = self.part(result_id).stat().st_size
        except (OSError, ValueError):
            return NOTHING
        same = isinstance(note, dict) and note.get("of") == _sign(address) and note.get("boot") == boot()
        return Part(size_bytes, str(note["validator"])) if same and note.get("validator") else NOTHING

    def remember(self, result_id: UUID, address: str, validator: str) -> None:
        """Note of which version the part is, before its first byte is written."""
        note = self._note(result_id)
        if not validator:
            note.unlink(missing_ok=True)
            return
        draft = note.with_suffix(".draft")
        draft.write_text(json.dumps({"of": _sign(address), "boot": boot(), "validator": validator}))
        draft.replace(note)

    def finish(self, result_id: UUID) -> None:
        """The part is whole: nobody may take it for one any more."""
        self.part(result_id).replace(self.whole(result_id))
        self._note(result_id).unlink(missing_ok=True)

    def discard(self, result_id: UUID) -> None:
        """Remove whatever there is of it, but not the lock of who works on it."""
        for suffix in (".part", ".note", ".draft", ".whole", ".copy"):
            (self.root / f"{result_id}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def locked(self, result_id: UUID) -> Iterator[None]:
        """Work on a result alone; Busy when another process does. The system lets go of it however we end."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.root / f"{result_id}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, path)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def leftovers(self) -> set[UUID]:
        """Of which results something lies here, and has for a while."""
        found = set()
        with suppress(OSError):
            for path in self.root.iterdir():
                with suppress(ValueError, OSError):
                    if time.time() - path.stat().st_mtime > YOUNG_S:
                        found.add(UUID(path.stem))
        return found

    def sweep(self, result_id: UUID) -> bool:
        """Discard what nobody needs; False when somebody works on it."""
        try:
            with self.locked(result_id):
                self.discard(result_id)
        except Busy:
            return False
        return True

    def _note(self, result_id: UUID) -> Path:
        return self.root / f"{result_id}.note"


def _lock(descriptor: int, path: Path) -> None:
    """The file may have been removed by who held it just before: then a lock on it keeps nobody out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return
    except (BlockingIOError, FileNotFoundError) as error:
        raise Busy from error
    raise Busy


def _sign(address: str) -> str:
    """Of an address without its query: signatures in it change, and may be secret."""
    return hashlib.sha256(address.partition("?")[0].encode()).hexdigest()
