from typing import NamedTuple

SHARP_WITHIN = 1.3


class Observation(NamedTuple):
    """A task ended when it was between so many seconds old; `high_s` is infinite while it runs."""

    low_s: float
    high_s: float

    @property
    def is_sharp(self) -> bool:
        """Whether the end is known to within a third."""
        return self.high_s <= SHARP_WITHIN * self.low_s
