"""Files that somebody gave, of each kind."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.models import User

from tasks.inputs.storing import store
from tasks.models import Input

CHIME = Path(__file__).parents[2] / "dashboard" / "demo" / "media" / "chime.wav"


def png(shade: int = 200, side: int = 8) -> bytes:
    """A grey square."""
    rows = b"".join(b"\x00" + bytes([shade] * side) for _ in range(side))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pieces(data: bytes, length: int = 7) -> Iterator[bytes]:
    """As they come from a connection."""
    for start in range(0, len(data), length):
        yield data[start : start + length]


def picture(shade: int = 200, name: str = "fox.png", owner: User | None = None) -> Input:
    return store([png(shade)], name, owner).input


def sound(owner: User | None = None) -> Input:
    return store([CHIME.read_bytes()], "chime.wav", owner).input
