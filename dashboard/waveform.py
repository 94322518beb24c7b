"""Loudness over time as one SVG path, for a box of 320 by 48 whatever the number of bars."""

from collections.abc import Sequence

WIDTH, HEIGHT = 320, 48
QUIETEST = 2.0
"""Half a bar of silence: a line, not nothing."""


def waveform(peaks: Sequence[object], bars: int) -> str:
    """The path of up to `bars` upright strokes, from peaks of 0 to 100 each; "" when there are none."""
    loud = [min(100.0, max(0.0, float(peak))) for peak in peaks if isinstance(peak, int | float)]
    if not loud:
        return ""
    bars = min(bars, len(loud))
    bounds = [len(loud) * place // bars for place in range(bars + 1)]
    step = WIDTH / bars
    return "".join(
        _stroke(step * (place + 0.5), max(loud[bounds[place] : bounds[place + 1]])) for place in range(bars)
    )


def _stroke(x: float, loudness: float) -> str:
    half = max(QUIETEST, loudness / 100 * (HEIGHT / 2 - 1))
    return f"M{x:.1f} {HEIGHT / 2 - half:.1f}v{2 * half:.1f}"
