import random
from pathlib import Path

import pytest

CONTENT = random.Random(1).randbytes(300_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that takes several parts to send."""
    made = tmp_path / "clip.mp4"
    made.write_bytes(CONTENT)
    return made
