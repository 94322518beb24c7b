"""What a pasted text turned out to be, piece by piece, as pages and commands show it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from dashboard.wording import CHIPS, KINDS, Chip
from tasks.figures import counted
from tasks.models import Account, Task
from tasks.providers.contract import Adoption
from tasks.recognition import MAX_FOUND
from tasks.tracking import Intent

SHOWN_MAX = 160
NOTHING_ADDED = Intent()
SHOWN_PIECES = 200
"""Of a long list only so many are listed before it is tracked."""


class Outcome(StrEnum):
    """What can be done with one piece."""

    NEW = "new"
    KNOWN = "known"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    NO_ACCOUNT = "no_account"


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a choice."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """Which of a provider's accounts the pieces without an address of their own belong to."""

    provider: str
    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the text, and what it turned out to be. `key` names it in the form."""

    key: str
    text: str
    outcome: Outcome
    account: Account | None = None
    adoption: Adoption | None = None
    task: Task | None = None
    reason: str = ""
    providers: tuple[Option, ...] = ()
    """More than one when the piece fits several providers: then a person chooses."""
    place: str = ""
    """Where it stands in a list with one task a row, such as `line 7`."""
    says_account: bool = False
    """Whether its row names the account."""
    intent: Intent = NOTHING_ADDED
    """What its row says of it besides."""

    @property
    def heading(self) -> str:
        """`LemonData video, kling-v2.6-pro`."""
        if self.account is None or self.adoption is None:
            return ""
        kind = self.intent.kind or self.adoption.kind
        words = f"{self.account.provider_module.NAME} {KINDS[kind].lower() if kind else 'task'}"
        model = self.intent.model or self.adoption.model
        return f"{words}, {model}" if model else words

    @property
    def chip(self) -> Chip | None:
        """How it stands, when the text said so."""
        snapshot = self.adoption.snapshot if self.adoption else None
        return CHIPS[snapshot.status] if snapshot and snapshot.status else None

    @property
    def shown_text(self) -> str:
        """Its id, else the beginning of what was pasted."""
        return _shortened((self.adoption.remote_id if self.adoption else "") or self.text)


@dataclass(frozen=True)
class Paste:
    """A whole text, read. `digest` tells whether a later form is about the same text."""

    pieces: tuple[Piece, ...]
    accounts: tuple[AccountChoice, ...]
    digest: str
    is_sheet: bool = False
    """Whether it is a list with one task a row."""
    rest: int = 0
    """Rows after those that are read at once."""

    @cached_property
    def new(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.outcome is Outcome.NEW)

    @cached_property
    def known(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.outcome is Outcome.KNOWN)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more in the text than was read."""
        return bool(self.rest) if self.is_sheet else len(self.pieces) >= MAX_FOUND

    @cached_property
    def unusable(self) -> tuple[Piece, ...]:
        return tuple(p for p in self.pieces if p.outcome not in (Outcome.NEW, Outcome.KNOWN))

    @cached_property
    def shown(self) -> tuple[Piece, ...]:
        """What the page lists: of a long list what is wrong with it, and the beginning."""
        if len(self.pieces) <= SHOWN_PIECES:
            return self.pieces
        wrong = set(map(id, self.unusable[: SHOWN_PIECES // 2]))
        others = set(map(id, [*self.new, *self.known][: SHOWN_PIECES - len(wrong)]))
        return tuple(piece for piece in self.pieces if id(piece) in wrong | others)

    @property
    def hidden(self) -> int:
        return len(self.pieces) - len(self.shown)

    @property
    def summary(self) -> str:
        """`2 tasks recognised, 1 known already, 1 not usable`."""
        unusable = len(self.unusable)
        tasks = counted(len(self.new), "task")
        parts = [f"{tasks} recognised"] if self.new or not self.pieces else []
        parts += [f"{len(self.known):,} known already"] if self.known else []
        parts += [f"{unusable:,} not usable"] if unusable else []
        return ", ".join(parts)


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN_MAX else f"{plain[:SHOWN_MAX]}…"
