"""What somebody pasted, piece by piece: which task it names, at which account, and whether it is here already."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from dashboard.wording import CHIPS, KINDS, Chip
from tasks.models import Account, Task
from tasks.providers import PROVIDERS
from tasks.providers.addresses import AddressRefused, poll_address, same_origin
from tasks.providers.contract import Adoption
from tasks.recognition import MAX_FOUND, Candidate, Found, recognise

SHOWN_MAX = 160

_KEYS = (
    (re.compile(r"(?i)\b(authorization\W{1,4}(?:(?:bearer|basic|token)\s+)?)[^\s\"'\\]+"), r"\1…"),
    (re.compile(r"(?i)\b((?:x-)?api-?key\s*:\s*)[^\s\"'\\]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer\s+)[^\s\"'\\]{6,}"), r"\1…"),
    (re.compile(r"\b((?:sk|mt|rk|dly)[-_])[\w-]{8,}"), r"\1…"),
)


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

    @property
    def heading(self) -> str:
        """`LemonData video, kling-v2.6-pro`."""
        if self.account is None or self.adoption is None:
            return ""
        kind = self.adoption.kind
        words = f"{self.account.provider_module.NAME} {KINDS[kind].lower() if kind else 'task'}"
        return f"{words}, {self.adoption.model}" if self.adoption.model else words

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

    @cached_property
    def new(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.outcome is Outcome.NEW)

    @cached_property
    def known(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.outcome is Outcome.KNOWN)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more in the text than was read."""
        return len(self.pieces) >= MAX_FOUND

    @property
    def summary(self) -> str:
        """`2 tasks recognised, 1 known already, 1 not usable`."""
        unusable = len(self.pieces) - len(self.new) - len(self.known)
        tasks = "1 task" if len(self.new) == 1 else f"{len(self.new)} tasks"
        parts = [f"{tasks} recognised"] if self.new or not self.pieces else []
        parts += [f"{len(self.known)} known already"] if self.known else []
        parts += [f"{unusable} not usable"] if unusable else []
        return ", ".join(parts)


def without_keys(text: str) -> str:
    """The text without what looks like an account's key: curl commands carry it, and nobody needs it here."""
    for pattern, replacement in _KEYS:
        text = pattern.sub(replacement, text)
    return text


def read_paste(text: str, choices: Mapping[str, str]) -> Paste:
    """Read what was pasted. `choices` is the form around it: `provider-<key>`, `account-<provider>`."""
    found = recognise(text)
    reader = _Reader(found, choices)
    pieces = tuple(reader.read(one) for one in found)
    digest = hashlib.sha256("\n".join(without_keys(text).split()).encode()).hexdigest()
    return Paste(pieces, reader.account_choices(pieces), digest)


class _Reader:
    """Holds what every piece is compared with: the accounts, and the tasks that are here already."""

    def __init__(self, found: list[Found], choices: Mapping[str, str]) -> None:
        self._choices = choices
        accounts = sorted(Account.objects.all(), key=lambda one: (not one.enabled, one.slug))
        self._accounts = {name: [a for a in accounts if a.provider == name] for name in PROVIDERS}
        ids = {c.adoption.remote_id for one in found for c in one.candidates if c.adoption.remote_id}
        here = Task.objects.filter(remote_id__in=sorted(ids)).select_related("account")
        self._tasks = {(task.account.provider, task.remote_id): task for task in here}

    def read(self, found: Found) -> Piece:
        key, text = _key(found), found.text
        if not found.candidates:
            return Piece(key, text, Outcome.UNCLEAR, reason=found.note)
        for candidate in found.candidates:
            if task := self._tasks.get((candidate.provider, candidate.adoption.remote_id)):
                return self._here_already(key, text, candidate, task)
        usable = [one for one in found.candidates if self._accounts[one.provider]]
        if not usable:
            names = _either(PROVIDERS[one.provider].NAME for one in found.candidates)
            return Piece(key, text, Outcome.NO_ACCOUNT, reason=f"There is no account for {names} yet.")
        return self._new(key, text, self._nearest(usable))

    def _here_already(self, key: str, text: str, candidate: Candidate, task: Task) -> Piece:
        if task.deleted_at is None:
            return Piece(key, text, Outcome.KNOWN, task.account, candidate.adoption, task)
        reason = "It comes back from the trash."
        return Piece(key, text, Outcome.NEW, task.account, candidate.adoption, task, reason)

    def _nearest(self, usable: list[Candidate]) -> list[Candidate]:
        """Only those whose server the text named, if it named one that an account lives on."""
        return [one for one in usable if self._at_origin(one)] or usable

    def _at_origin(self, candidate: Candidate) -> list[Account]:
        origin = candidate.adoption.origin
        accounts = self._accounts[candidate.provider]
        return [one for one in accounts if same_origin(one.base_url, origin)] if origin else []

    def _new(self, key: str, text: str, usable: list[Candidate]) -> Piece:
        wanted = self._choices.get(f"provider-{key}")
        chosen = next((one for one in usable if one.provider == wanted), usable[0])
        account = self._account_for(chosen)
        options = tuple(Option(one.provider, PROVIDERS[one.provider].NAME, one is chosen) for one in usable)
        try:
            if chosen.adoption.poll_url:
                poll_address(account.base_url, chosen.adoption.poll_url)
        except AddressRefused as error:
            return Piece(key, text, Outcome.REFUSED, account, chosen.adoption, None, str(error), options)
        return Piece(key, text, Outcome.NEW, account, chosen.adoption, providers=options)

    def _account_for(self, candidate: Candidate) -> Account:
        """The one chosen in the form, if the text's server allows it; else the first enabled one."""
        fitting = self._at_origin(candidate) or self._accounts[candidate.provider]
        wanted = self._choices.get(f"account-{candidate.provider}")
        return next((one for one in fitting if one.slug == wanted), fitting[0])

    def account_choices(self, pieces: Iterable[Piece]) -> tuple[AccountChoice, ...]:
        """For each provider with something new and more than one account."""
        used = {
            piece.account.provider: piece.account for piece in pieces if _is_open(piece) and piece.account
        }
        return tuple(
            AccountChoice(name, PROVIDERS[name].NAME, self._options(name, used[name]))
            for name in PROVIDERS
            if name in used and len(self._accounts[name]) > 1
        )

    def _options(self, provider: str, chosen: Account) -> tuple[Option, ...]:
        wanted = self._choices.get(f"account-{provider}", chosen.slug)
        return tuple(
            Option(one.slug, f"{one}{'' if one.enabled else ' (paused)'}", one.slug == wanted)
            for one in self._accounts[provider]
        )


def _key(found: Found) -> str:
    name = found.candidates[0].adoption.remote_id if found.candidates else ""
    return hashlib.sha256((name or found.text).encode()).hexdigest()[:16]


def _is_open(piece: Piece) -> bool:
    """Whether the account is still a choice: not for what is in the trash of another."""
    return piece.task is None and piece.outcome in (Outcome.NEW, Outcome.REFUSED)


def _either(names: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN_MAX else f"{plain[:SHOWN_MAX]}…"
