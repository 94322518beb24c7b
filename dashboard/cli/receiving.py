"""Results as files: continued after a cut, checked against their hash, never in the place of another file."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.cli.client import PAUSES_S, Client, Json
from dashboard.cli.failures import Exit, Failure
from dashboard.cli.names import file_name

if TYPE_CHECKING:
    import httpx

Progress = Callable[[str, int, int | None], None]
"""Told the file's name, the bytes that are here, and how many there will be; None when nobody knows."""


class _Damaged(Exception):
    """What arrived is not what was made."""


@dataclass
class Receiver:
    """Saves results in `folder`. `overwrite`: in the place of a file of the same name."""

    client: Client
    folder: Path
    progress: Progress
    overwrite: bool = False

    def receive(self, result: Json) -> Path:
        """Where it is now. A file that is here already, the same by its hash, is left as it is.

        Bytes that came before a cut are kept in `.<id>.part` and used again where a hash can prove the whole.
        """
        part = self.folder / f".{result['id']}.part"
        for wait_s in (*PAUSES_S, None):
            try:
                name = self._fill(part, result)
                break
            except _Damaged as error:
                part.unlink(missing_ok=True)
                if wait_s is None:
                    message = f"Result {result['id']} arrives damaged every time."
                    raise Failure(message) from error
            except Failure as error:
                if wait_s is None or error.status is not None:
                    raise
                self.client.pause(wait_s)
        return self._place(part, name, result)

    def _fill(self, part: Path, result: Json) -> str:
        """Fetch what is missing of it, and answer the file's name."""
        import httpx

        known = result["sha256"]
        have = part.stat().st_size if known and part.exists() else 0
        have = min(
            have, (result["bytes"] or have + 1) - 1
        )  # a byte is left to ask for: its answer has the name
        headers = {"Range": f"bytes={have}-"} if have > 0 else {}
        try:
            with self._opened(result, headers) as response:
                name = file_name(response.headers.get("Content-Disposition", ""), f"{result['id']}.bin")
                if _is_file(self.folder / name, result):
                    part.unlink(missing_ok=True)
                    return name
                self._write(part, response, max(have, 0), name)
        except httpx.TransportError as error:
            raise self.client.unreachable(error) from error
        if known and _sha256(part) != known:
            raise _Damaged
        return name

    @contextmanager
    def _opened(self, result: Json, headers: dict[str, str]) -> Iterator["httpx.Response"]:
        """The file's answer. httpx sends the token to our server alone, not to the storage it may lead to."""
        address = f"{self.client.config.url}/results/{result['id']}"
        query, headers = {"download": "1"}, {"Accept-Encoding": "identity", **headers}
        with self.client.http.stream(
            "GET", address, params=query, headers=headers, follow_redirects=True
        ) as response:
            if response.status_code == 416:
                raise _Damaged
            if response.status_code not in {200, 206}:
                response.read()
                raise self.client.refusal(response)
            yield response

    def _write(self, part: Path, response: "httpx.Response", have: int, name: str) -> None:
        start = have if response.status_code == 206 else 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            for piece in response.iter_bytes():
                file.write(piece)
                self.progress(name, file.tell(), total)

    def _place(self, part: Path, name: str, result: Json) -> Path:
        """Give the file its name: reserved first, so that two programs never get the same one."""
        target, number = self.folder / name, 1
        if not part.exists():  # the file is here already
            return target
        while not self.overwrite:
            try:
                target.open("x").close()
                break
            except FileExistsError:
                if _is_file(target, result):
                    part.unlink()
                    return target
                number += 1
                plain = Path(name)
                target = self.folder / f"{plain.stem} ({number}){plain.suffix}"
        part.replace(target)
        return target


def prepare_folder(folder: Path) -> Path:
    """The folder, made when it is missing. Failure when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{folder} cannot be used: {error.strerror}.", Exit.USAGE) from error
    return folder


def _is_file(path: Path, result: Json) -> bool:
    """Whether this is the result, by size and hash; never where no hash is known."""
    return path.is_file() and path.stat().st_size == result["bytes"] and _sha256(path) == result["sha256"]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
