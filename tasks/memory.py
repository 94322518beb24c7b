"""How a process that runs for weeks looks for garbage."""

import gc

YOUNG_OBJECTS = 50_000
"""Python's own 700 pass in six requests; each look then finds hundreds of objects that are merely under way."""
GENERATIONS = 20, 100


def collect_seldom() -> None:
    """Hardly any garbage of ours needs a collector: looking for it took a third of the poller's time."""
    gc.set_threshold(YOUNG_OBJECTS, *GENERATIONS)
