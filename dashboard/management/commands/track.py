"""Track what standard input names: `manage.py track --account lemon < ids.txt`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from dashboard.figures import counted
from dashboard.paste import read_paste
from dashboard.pieces import Outcome, Piece
from tasks.management.command import PreparedCommand
from tasks.models import Account
from tasks.providers.contract import Adoption
from tasks.tracking import Tracked
from tasks.tracking_many import Wanted, track_many

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
        "Track the tasks that standard input names: ids, poll URLs, JSON answers, curl commands, one after another;"
        " or a list of them, as CSV with a header or JSON lines."
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
        paste = read_paste(sys.stdin.read(), choices)
        if not paste.pieces:
            raise CommandError("Standard input names no task.")
        unused = self._take(paste.pieces, account, user) + paste.rest
        if paste.rest:
            self.stderr.write(f"not read: {counted(paste.rest, 'more line')}. Give them next time.")
        if unused:
            raise CommandError(f"{counted(unused, 'line')} not used.")

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

    def _take(self, pieces: Sequence[Piece], account: Account | None, user: User | None) -> int:
        """Track what can be, a line of output for each. How many could not be."""
        wanted = {number: found for number, piece in enumerate(pieces) if (found := _wanted(piece, account))}
        told = dict(zip(wanted, track_many(list(wanted.values()), user), strict=True))
        unused = 0
        for number, piece in enumerate(pieces):
            outcome = told.get(number) or piece.reason or "It names no task."
            name = f"{piece.place} {piece.shown_text}".strip()
            if isinstance(outcome, Tracked):
                word = "tracked" if outcome.created else "known"
                self.stdout.write(f"{word} {outcome.task.pk} {piece.shown_text}")
            else:
                unused += 1
                self.stderr.write(f"not used: {name}: {outcome}")
        return unused


def _wanted(piece: Piece, account: Account | None) -> Wanted | None:
    if piece.account and piece.adoption and piece.outcome in {Outcome.NEW, Outcome.KNOWN}:
        return Wanted(piece.account, piece.adoption, piece.intent)
    if account and piece.outcome is Outcome.UNCLEAR and not piece.place and _is_id(piece.text):
        return Wanted(account, Adoption(piece.text), piece.intent)
    return None


def _is_id(text: str) -> bool:
    """Whether it can be a task's id at a provider whose ids look like nothing we know."""
    return text.isprintable() and " " not in text and len(text) <= ID_MAX
