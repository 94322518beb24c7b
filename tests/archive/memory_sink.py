"""A sink that keeps a file in memory, as an archive keeps it on disk."""

import asyncio
from dataclasses import dataclass, field

from tasks.archive.parts import Part


@dataclass
class MemorySink:
    """`slow_s` is how long each write takes; `full` makes it refuse like a full disk."""

    data: bytearray = field(default_factory=bytearray)
    begun: list[Part] = field(default_factory=list)
    largest_write_bytes: int = 0
    slow_s: float = 0.0
    full: bool = False
    whole_bytes: int | None = None

    async def begin(self, part: Part, whole_bytes: int | None) -> None:
        self.whole_bytes = whole_bytes
        self.begun.append(part)
        del self.data[part.size_bytes :]

    async def write(self, data: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        await asyncio.sleep(self.slow_s)
        self.largest_write_bytes = max(self.largest_write_bytes, len(data))
        self.data += data
