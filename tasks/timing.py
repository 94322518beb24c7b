"""Every duration the poller goes by, as one value: tests pass their own."""

from dataclasses import dataclass

from tasks.vocabulary import Kind

MINUTE = 60.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds."""

    heartbeat_s: float = 5.0
    dead_after_s: float = 30.0
    look_s: float = 1.0
    """How often the database is looked at for new tasks, requests to check now, and changed accounts."""
    claim_ahead_s: float = 60.0
    """Tasks due later than this are left in the database."""
    collect_s: float = 0.03
    """Changes are collected this long and applied together."""
    facts_s: float = 4.0
    """How often poll counts and times of unchanged tasks are written. Programs are promised them within 5 s."""
    tell_s: float = 2.0
    """How often pollers tell of themselves, and share out their accounts' budgets."""
    experience_s: float = 120.0
    """How often is read what finished tasks have shown; our own are learned from at once."""
    request_timeout_s: float = 30.0
    create_timeout_s: float = 180.0
    """Of a create call: some models make their picture while it waits."""
    connect_timeout_s: float = 10.0
    stop_timeout_s: float = 32.0
    """After a signal: how long what is in flight may take."""
    first_gap_s: tuple[tuple[Kind, float], ...] = ((Kind.IMAGE, 3.0),)
    usual_first_gap_s: float = 5.0
    longest_gap_s: float = 30.0
    growth_after_s: float = 60.0
    """A task runs this long before the gap begins to grow: by a tenth of its age beyond it."""
    jitter: float = 0.2
    """Gaps are shortened by up to this share, so that tasks tracked together do not stay together."""
    transient_gap_s: float = 5.0
    longest_transient_gap_s: float = 60.0
    budget_window_s: float = MINUTE
    """The time in which a provider counts requests."""
    dead_flight_s: float = 10.0
    """How long a server may go on with a request whose sender was killed."""
    probe_s: float = 5 * MINUTE
    missing_times: int = 3
    missing_over_s: float = MINUTE
    lost_recheck_s: tuple[float, ...] = (10 * MINUTE, HOUR, 24 * HOUR)
    timed_out_recheck_s: tuple[float, ...] = (2 * HOUR, 6 * HOUR, 24 * HOUR)
