"""What a row or a card shows of a task's results: the first poster, else the first waveform."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.own_links import OWN_LINKS
from dashboard.waveform import waveform
from tasks.models import Result
from tasks.vocabulary import Kind

BARS = 40


@dataclass(frozen=True, slots=True)
class Picture:
    """A poster's address or a waveform's path; the other one is ""."""

    poster_url: str = ""
    wave: str = ""
    is_upright: bool = False


def picture_of(results: Iterable[Result]) -> Picture | None:
    """None when no result can be pictured. A sound's own poster is its waveform, which we draw in our colours."""
    found = list(results)
    seen = next((one for one in found if one.has_poster and one.kind != Kind.AUDIO), None)
    if seen is not None:
        return Picture(poster_url=OWN_LINKS.poster(seen), is_upright=(seen.height or 0) > (seen.width or 0))
    heard = next((path for one in found if (path := waveform(one.peaks, BARS))), "")
    return Picture(wave=heard) if heard else None
