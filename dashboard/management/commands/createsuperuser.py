"""Django's own command, on a database that is up to date: somebody may begin with it."""

from contextlib import ExitStack
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db.models.signals import post_save, pre_save

from dashboard.witness import witnessed
from tasks.startup import CannotStart, prepare


class Command(createsuperuser.Command):
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> str | None:
        try:
            prepare()
        except CannotStart as error:
            raise CommandError(str(error)) from error
        with ExitStack() as saving:
            # Around the saving alone: while somebody types, nobody else must wait for the database.
            begin = lambda **_: saving.enter_context(witnessed(None))  # noqa: E731
            end = lambda **_: saving.pop_all().close()  # noqa: E731
            pre_save.connect(begin, sender=User)
            post_save.connect(end, sender=User)
            try:
                return super().handle(*args, **options)
            finally:
                pre_save.disconnect(begin, sender=User)
                post_save.disconnect(end, sender=User)
