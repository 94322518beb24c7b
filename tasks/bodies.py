"""Answers' bodies, unpacked and counted while they arrive."""

import zlib
from collections.abc import Iterator

from tasks.providers.contract import ErrorKind, ProviderError

BODY_MAX_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 64 * 1024


class Body:
    """Collects one body. `received_bytes` came over the wire, `size_bytes` is what they unpacked to.

    ProviderError (invalid) when it grows beyond 64 MB or cannot be unpacked. `name` is the provider's.
    """

    def __init__(self, encoding: str, name: str) -> None:
        self._name = name
        self._engine = self._engine_for(encoding.strip().lower())
        self._pieces: list[bytes] = []
        self.received_bytes = 0
        self.size_bytes = 0

    def feed(self, chunk: bytes) -> None:
        self.received_bytes += len(chunk)
        if self._engine is None:
            self._keep(chunk)
            return
        for piece in self._inflate(self._engine, chunk):
            self._keep(piece)

    def whole(self) -> bytes:
        """The unpacked body, once everything was fed."""
        if self._engine is not None:
            self._keep(self._engine.flush())
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def _engine_for(self, encoding: str) -> "zlib._Decompress | None":
        if encoding in {"", "identity"}:
            return None
        if encoding in {"gzip", "x-gzip", "deflate"}:
            return zlib.decompressobj(47)
        raise self._invalid(f"answered in an encoding we did not ask for ({encoding[:20]})")

    def _inflate(self, engine: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
        """In small pieces: a bomb of 200 KB must not become 400 MB before anybody counts it."""
        while chunk:
            try:
                yield engine.decompress(chunk, PIECE_BYTES)
            except zlib.error as error:
                raise self._invalid("sent an answer that cannot be unpacked") from error
            chunk = engine.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self.size_bytes += len(piece)
        if self.size_bytes > BODY_MAX_BYTES:
            raise self._invalid("sent more than 64 MB, which is no task's answer")
        if piece:
            self._pieces.append(piece)

    def _invalid(self, what: str) -> ProviderError:
        return ProviderError(ErrorKind.INVALID, f"{self._name} {what}.")
