"""What finished tasks have shown, by key, with what their like have shown where a key has little of its own.

A key's own ends count fully; ends of the same model at other accounts of the provider, then of the kind as a whole,
stand in as `PRIOR_COUNT` more. Below `ENOUGH` ends in the widest group nothing is known, and the cadence goes on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from tasks.scheduling.durations import Durations, Observation, fit, log_normal
from tasks.scheduling.progress import Habit
from tasks.scheduling.view import Key
from tasks.vocabulary import Kind

REMEMBERED = 200
"""Ends of one key that are looked at: the newest."""
ENOUGH = 3
"""Ends of a key, or of the same model elsewhere, from which a duration is known."""
PRIOR_COUNT = 4.0
_UNKNOWN = log_normal(120.0, 1.2)
_GROWTH = 1.1
"""A fit is made anew when a tenth more ends are known, or a tenth of them are new."""
