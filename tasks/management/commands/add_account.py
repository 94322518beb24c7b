"""Connect an account: `manage.py add_account lemondata lemon --api-key-env LEMON_KEY`."""

import math
import os
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tasks.accounts import create_account
from tasks.management.command import PreparedCommand
from tasks.providers import PROVIDERS


def seconds(text: str) -> float:
    """A number of seconds; not "nan", which would pass every comparison."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
    return found


class Command(PreparedCommand):
    help = "Connect an account at a provider. Running processes use it within two seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("provider", metavar="PROVIDER", help=f"one of: {', '.join(PROVIDERS)}")
        parser.add_argument("slug", metavar="SLUG", help="its name for programs, such as lemon-main")
        parser.add_argument("--base-url", default="", metavar="URL", help="the provider's own when absent")
        parser.add_argument("--api-key-env", metavar="VAR", help="environment variable that holds the key")
        parser.add_argument(
            "--requests-per-minute", type=int, metavar="N", help="in any 60 seconds; no limit when absent"
        )
        parser.add_argument(
            "--poll-interval",
            type=seconds,
            metavar="S",
            help="longest gap between two asks of a running task",
        )

    def run(self, **options: Any) -> None:
        account = create_account(
            options["provider"],
            options["slug"],
            base_url=options["base_url"],
            api_key=_key_from(options["api_key_env"]),
            requests_per_minute=options["requests_per_minute"],
            poll_interval_s=options["poll_interval"],
        )
        self.stdout.write(f"Connected {account.slug} to {account.provider_module.NAME} at {account.base_url}")
        if account.provider_module.NEEDS_KEY and not account.api_key_encrypted:
            self.stderr.write(f"{account.provider_module.NAME} will want a key: add it on the accounts page.")


def _key_from(variable: str | None) -> str:
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise CommandError(
            f"The environment variable {variable} is not set or empty, so there is no key to store."
        )
    return key
