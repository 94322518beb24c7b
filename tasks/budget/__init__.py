"""What an account may send, divided among the processes that use its key."""

from tasks.budget.local import Budget
from tasks.budget.purse import Budgets, budgets

__all__ = ["Budget", "Budgets", "budgets"]
