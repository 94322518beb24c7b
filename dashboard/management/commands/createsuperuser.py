"""Django's own command, on a database that is up to date: somebody may begin with it."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError

from tasks.startup import CannotStart, prepare


class Command(createsuperuser.Command):
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> str | None:
        try:
            prepare()
        except CannotStart as error:
            raise CommandError(str(error)) from error
        return super().handle(*args, **options)
