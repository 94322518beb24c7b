"""Every duration and number the archiver goes by, as one value: tests pass their own."""

from dataclasses import dataclass

from tasks.timing import HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class ArchiveTiming:
    """In seconds and bytes."""

    heartbeat_s: float = 5.0
    dead_after_s: float = 30.0
    look_s: float = 1.0
    """How often the database is looked at for results that are due."""
    sweep_s: float = HOUR
    """How often leftovers are removed from the folder of files under way."""
    at_once: int = 8
    at_once_per_account: int = 4
    ahead_per_account: int = 16
    """How many results of an account are claimed, those being fetched included."""
    inspections_at_once: int = 2
    unknown_expiry_s: float = 12 * HOUR
    """A link that tells no end is fetched after those that end sooner than this."""
    retry_s: tuple[float, ...] = (
        *(5.0, 15.0, MINUTE, 5 * MINUTE, 15 * MINUTE),
        *(HOUR, 2 * HOUR, 4 * HOUR, *(8 * HOUR,) * 8),
    )
    """The gaps between attempts: when they are used up, after three days, a result is given up."""
    wrong_tries: int = 4
    """How often something else than the file may come."""
    progress_gap_s: float = 1.0
    """After a download that broke off, but got further than the one before."""
    progress_bytes: int = 64 * 1024
    soonest_s: float = 2.0
    left_share: float = 0.25
    """No gap is longer than this share of the time that the link has left."""
    busy_s: float = 5.0
    """Until a result is looked at again that another process is working on."""
    trouble_s: float = MINUTE
    """Until the next attempt when the disk is full, or the media storage away."""
    unauthorized_s: float = HOUR
    budget_look_s: float = 0.5
    least_free_bytes: int = 200 * 1000**2
    """What stays free on the disk: the database may live there too."""
