"""The admin site: every model, fast on large tables, with actions that run the same code as the pages."""

from dashboard.admin import accounts, channels, people, records, shares, tasks

__all__ = ["accounts", "channels", "people", "records", "shares", "tasks"]
