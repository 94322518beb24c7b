"""The frame of our own commands."""

from argparse import ArgumentTypeError
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tasks.startup import CannotStart, prepare


def port_number(text: str) -> int:
    """For an argument's `type`."""
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"“{text}” is no port: it must be a number from 0 to 65535.")
    return int(text)


class PreparedCommand(BaseCommand):
    """Brings the database up to date, then runs. What goes wrong is one sentence on standard error."""

    requires_system_checks: list[str] | tuple[str, ...] | Literal["__all__"] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            prepare()
        except CannotStart as error:
            raise CommandError(str(error)) from error
        try:
            self.run(**options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def run(self, **options: Any) -> None:
        """The command itself. CommandError and ValidationError end it with their text."""
        raise NotImplementedError
