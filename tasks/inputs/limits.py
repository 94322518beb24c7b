"""How large a file may be that a task begins from."""

from datetime import timedelta

from tasks.vocabulary import Kind

MAX_BYTES = 60_000_000
"""Of a file that is given; a whole request may be little larger (`dashboard/bounds.py`)."""
INLINE_MAX_BYTES = 10_000_000
"""Of one file that is handed over inside the call, where no link of ours can be followed."""
INLINE_ALL_MAX_BYTES = 30_000_000
"""Of all files inside one call."""
LEAST_FREE_BYTES = 200_000_000
KINDS = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO)
WORDS = {Kind.IMAGE: "a picture", Kind.VIDEO: "a video", Kind.AUDIO: "a sound"}
KEPT = timedelta(days=30)
"""From its last use on. What was begun and never finished goes after `UNFINISHED_KEPT`."""
UNFINISHED_KEPT = timedelta(hours=2)
LINK_LASTS = timedelta(hours=1)
"""At least: a link works as long as its task is waited for."""
