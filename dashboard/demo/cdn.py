"""The files that simulated tasks make. They are served from an origin of their own, as a provider's CDN would."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "media"
VIDEO_S, MUSIC_S = 3, 6


@dataclass(frozen=True, slots=True)
class Media:
    """A file with its address, and what a provider tells of it."""

    path: Path
    url: str
    seconds: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cdn:
    """Where files are fetched: `http://127.0.0.1:PORT`."""

    origin: str

    def file(self, name: str) -> Media:
        """One of the files in `demo/media`, by name."""
        path = FOLDER / name
        width, height = (270, 480) if path.stem == "street" else (480, 270)
        seconds = VIDEO_S if path.suffix == ".mp4" else MUSIC_S
        return Media(path, f"{self.origin}/media/{name}", seconds, width, height)
