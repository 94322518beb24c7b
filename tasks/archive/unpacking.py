"""Files that a server packed although nobody asked for it."""

import zlib
from collections.abc import Iterator

PIECE_BYTES = 64 * 1024
DAMAGED = "sent a packed file that is damaged"


class CannotUnpack(ValueError):
    """Its text completes the sentence that begins with the server's name."""


class Unpacker:
    """Unpacks gzip and deflate piece by piece, so that a bomb is noticed while it is small."""

    def __init__(self, encoding: str) -> None:
        """CannotUnpack for an encoding we do not know."""
        if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
            raise CannotUnpack("packed the file in a way we did not ask for")
        self._engine = zlib.decompressobj(47)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """CannotUnpack when it is damaged, or goes on after its end."""
        while chunk:
            try:
                yield self._engine.decompress(chunk, PIECE_BYTES)
            except zlib.error:
                raise CannotUnpack(DAMAGED) from None
            if self._engine.unused_data:
                raise CannotUnpack(DAMAGED)
            chunk = self._engine.unconsumed_tail

    def finish(self) -> bytes:
        """What was held back; CannotUnpack when the end is missing."""
        rest = self._engine.flush()
        if not self._engine.eof:
            raise CannotUnpack(DAMAGED)
        return rest
