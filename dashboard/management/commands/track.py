"""Track what standard input names: `manage.py track --account lemon < ids.txt`."""

import sys
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from dashboard.figures import counted
from dashboard.paste import Outcome, Piece, read_paste
from tasks.management.command import PreparedCommand
from tasks.models import Account
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Adoption
from tasks.tracking import Tracked, track

ID_MAX = 512


class _Chosen(dict[str, str]):
    """The answers to every choice: this account."""

    def __init__(self, account: Account | None) -> None:
        super().__init__()
        self._account = account

    def get(self, key: str, default: Any = None, /) -> Any:
        if self._account is None:
            return default
        return self._account.provider if key.startswith("provider-") else self._account.slug


class Command(PreparedCommand):
    help = (
        "Track the tasks that standard input names: ids, poll URLs, JSON answers, curl commands, one after another."
        " Prints a line for each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--account", metavar="SLUG", help="whose they are; else what they look like decides"
        )
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="who tracks them")

    def run(self, **options: Any) -> None:
        account = self._account(options["account"])
        user = self._user(options["username"])
        choices: Mapping[str, str] = _Chosen(account)
        pieces = read_paste(sys.stdin.read(), choices).pieces
        if not pieces:
            raise CommandError("Standard input names no task.")
        unused = [piece for piece in pieces if not self._take(piece, account, user)]
        if unused:
            raise CommandError(f"{counted(len(unused), 'line')} not used.")

    def _account(self, slug: str | None) -> Account | None:
        found = Account.objects.filter(slug=slug).first() if slug else None
        if slug and found is None:
            raise CommandError(f"There is no account “{slug}”.")
        return found

    def _user(self, username: str | None) -> User | None:
        found = User.objects.filter(username=username, is_active=True).first() if username else None
        if username and found is None:
            raise CommandError(f"There is no user “{username}” who may sign in.")
        return found

    def _take(self, piece: Piece, account: Account | None, user: User | None) -> bool:
        """Track one, and say so. False: it cannot be."""
        try:
            tracked = self._track(piece, account, user)
        except AddressRefused as error:
            self.stderr.write(f"not used: {piece.shown_text}: {error}")
            return False
        if tracked is None:
            self.stderr.write(f"not used: {piece.shown_text}: {piece.reason or 'It names no task.'}")
            return False
        self.stdout.write(f"{'tracked' if tracked.created else 'known'} {tracked.task.pk} {piece.shown_text}")
        return True

    def _track(self, piece: Piece, account: Account | None, user: User | None) -> Tracked | None:
        if piece.account and piece.adoption and piece.outcome in {Outcome.NEW, Outcome.KNOWN}:
            return track(piece.account, piece.adoption, user)
        if account and piece.outcome is Outcome.UNCLEAR and _is_id(piece.text):
            return track(account, Adoption(piece.text), user)
        return None


def _is_id(text: str) -> bool:
    """Whether it can be a task's id at a provider whose ids look like nothing we know."""
    return text.isprintable() and " " not in text and len(text) <= ID_MAX
