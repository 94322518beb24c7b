"""What an account may send, divided among the processes that use its key."""

from tasks.budget.local import Budget, Budgets, budgets

__all__ = ["Budget", "Budgets", "budgets"]
