#!/usr/bin/env python
"""Runs Dailies' commands: `manage.py serve` starts everything."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if sys.argv[1:2] == ["serve"] and "--demo" in sys.argv:
        os.environ["DAILIES_DEMO"] = "1"  # the settings must know before they choose a database
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:  # Django's own commands have no word for it
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"DATABASE_URL: the database cannot be used: {error}")


if __name__ == "__main__":
    main()
