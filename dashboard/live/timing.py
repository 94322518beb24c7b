"""Every duration the live pages go by, as one value: tests put their own in its place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveTiming:
    """All in seconds."""

    merge_s: float = 0.1
    """The first change goes out at once; what follows within this time goes together."""
    counts_s: float = 1.0
    """Counters are counted and sent at most this often."""
    look_s: float = 1.0
    """Between looks at the database when nothing else tells what other processes did."""
    relaxed_look_s: float = 10.0
    """The same when the channel layer tells it already."""
    overlap_s: float = 5.0
    """How far each look reaches back behind the one before: slow commits, clocks that disagree."""
    remembered_s: float = 60.0
    """How long the version last sent of a task is remembered; longer than any look reaches back."""
    poller_dead_after_s: float = 30.0
    pulse_s: float = 1.0
    """How often the hub sends itself a message, to know that the channel layer still carries them."""
    deaf_after_pulses: int = 3
    use_noted_s: float = 60.0
    """How often the tokens of open sockets are noted as used."""
    retry_s: float = 1.0
    start_s: float = 2.0
    """The longest a first visitor waits for the channel layer."""
    stop_s: float = 2.0


TIMING = LiveTiming()
