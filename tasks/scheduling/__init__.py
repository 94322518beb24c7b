"""When to ask about a task next, decided from how long its like have taken. Pure: no clock, database or network.

`Policy` is what the poller uses:

- `next_at(view, pressure)`: the time to ask next, once an answer came. Without history it is the kind's cadence.
- `worth(view, now_s)`: how much late notice, in seconds, one request saves now; under an exhausted budget the due
  task with the highest worth is asked first.
- `learn(view, now_s)`: the task has ended; what that shows is remembered.

A `TaskView` is what the poller knows of one task after its last ask. `Pressure` is how scarce an account's
requests are; `Price` finds it out. An `Agenda` keeps tasks by the time they are due. docs/polling.md has the reasoning.
"""

from tasks.scheduling.agenda import Agenda
from tasks.scheduling.history import History
from tasks.scheduling.policy import Policy
from tasks.scheduling.price import CALM, Pressure, Price
from tasks.scheduling.view import Key, TaskView

__all__ = ["CALM", "Agenda", "History", "Key", "Policy", "Pressure", "Price", "TaskView"]
