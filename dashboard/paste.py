"""What somebody pasted, read: which tasks it names, at which accounts, and whether they are here already."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from itertools import islice

from dashboard.paste_accounts import Accounts
from dashboard.paste_rows import ROWS_MAX, Rows
from dashboard.pieces import Option, Outcome, Paste, Piece
from tasks.models import Task
from tasks.providers import PROVIDERS
from tasks.providers.addresses import AddressRefused, poll_address
from tasks.recognition import MAX_FOUND, MAX_TEXT, Candidate, Found, recognise
from tasks.sheets import UnknownColumn, is_sheet, rows_of

_KEYS = (
    (re.compile(r"(?i)\b(authorization\W{1,4}(?:(?:bearer|basic|token)\s+)?)[^\s\"'\\]+"), r"\1…"),
    (re.compile(r"(?i)\b((?:x-)?api-?key\s*:\s*)[^\s\"'\\]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer\s+)[^\s\"'\\]{6,}"), r"\1…"),
    (re.compile(r"\b((?:sk|mt|rk|dly)[-_])[\w-]{8,}"), r"\1…"),
)


def without_keys(text: str) -> str:
    """The text without what looks like an account's key: curl commands carry it, and nobody needs it here."""
    for pattern, replacement in _KEYS:
        text = pattern.sub(replacement, text)
    return text


def read_paste(text: str, choices: Mapping[str, str]) -> Paste:
    """Read what was pasted. `choices` is the form around it: `provider-<key>`, `account-<provider>`."""
    digest = hashlib.sha256("\n".join(without_keys(text).split()).encode()).hexdigest()
    accounts = Accounts(choices)
    if is_sheet(text[:MAX_TEXT], MAX_FOUND):
        return _read_sheet(text[:MAX_TEXT], accounts, choices, digest)
    found = recognise(text)
    reader = _Reader(found, accounts, choices)
    pieces = tuple(reader.read(one) for one in found)
    return Paste(pieces, accounts.choices_for(pieces), digest)


def _read_sheet(text: str, accounts: Accounts, choices: Mapping[str, str], digest: str) -> Paste:
    rows = rows_of(text)
    try:
        read = Rows(accounts, choices).read(list(islice(rows, ROWS_MAX)))
    except UnknownColumn as error:
        read = (Piece("", error.name, Outcome.UNCLEAR, place="the header", reason=str(error)),)
    rest = sum(1 for _ in rows)
    return Paste(read, accounts.choices_for(read), digest, is_sheet=True, rest=rest)


class _Reader:
    """Holds what every piece is compared with: the accounts, and the tasks that are here already."""

    def __init__(self, found: list[Found], accounts: Accounts, choices: Mapping[str, str]) -> None:
        self._choices = choices
        self._accounts = accounts
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
        usable = self._accounts.usable(found.candidates)
        if not usable:
            names = _either(PROVIDERS[one.provider].NAME for one in found.candidates)
            return Piece(key, text, Outcome.NO_ACCOUNT, reason=f"There is no account for {names} yet.")
        return self._new(key, text, usable)

    def _here_already(self, key: str, text: str, candidate: Candidate, task: Task) -> Piece:
        if task.deleted_at is None:
            return Piece(key, text, Outcome.KNOWN, task.account, candidate.adoption, task)
        reason = "It comes back from the trash."
        return Piece(key, text, Outcome.NEW, task.account, candidate.adoption, task, reason)

    def _new(self, key: str, text: str, usable: list[Candidate]) -> Piece:
        wanted = self._choices.get(f"provider-{key}")
        chosen = next((one for one in usable if one.provider == wanted), usable[0])
        account = self._accounts.of(chosen)
        options = tuple(Option(one.provider, PROVIDERS[one.provider].NAME, one is chosen) for one in usable)
        try:
            if chosen.adoption.poll_url:
                poll_address(account.base_url, chosen.adoption.poll_url)
        except AddressRefused as error:
            return Piece(key, text, Outcome.REFUSED, account, chosen.adoption, None, str(error), options)
        return Piece(key, text, Outcome.NEW, account, chosen.adoption, providers=options)


def _key(found: Found) -> str:
    name = found.candidates[0].adoption.remote_id if found.candidates else ""
    return hashlib.sha256((name or found.text).encode()).hexdigest()[:16]


def _either(names: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(names))
