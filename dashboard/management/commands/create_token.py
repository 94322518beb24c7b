"""Make an API token: `manage.py create_token mira --read-only`."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from dashboard.tokens import create_token
from tasks.management.command import PreparedCommand


class Command(PreparedCommand):
    help = "Make an API token that acts as a user, and print it: this is the only time it is shown."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--read-only", action="store_true", help="it may look, but change nothing")

    def run(self, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(
                f"There is no user “{options['username']}”. Make one with createsuperuser or on the people page."
            )
        if not user.is_active:
            raise CommandError(
                f"The user “{user.username}” is disabled, so a token of theirs would not work."
            )
        self.stdout.write(create_token(user, "Made on the command line", read_only=options["read_only"]))
