"""The admin site: every model, fast on large tables, with actions that run the same code as the pages."""

from dashboard.admin import accounts, people, records, shares, tasks

__all__ = ["accounts", "people", "records", "shares", "tasks"]
