"""A list with one task a row, read. Each row is a body of `POST tasks`, and is checked as one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pydantic

from dashboard.api.refusals import Refused, sentence_of
from dashboard.api.track import TrackRequest, adoption_of
from dashboard.paste_accounts import Accounts
from dashboard.pieces import Outcome, Piece
from tasks.models import Account, Task
from tasks.providers import PROVIDERS
from tasks.providers.addresses import AddressRefused, poll_address
from tasks.recognition import Candidate, candidates_of, shown_without_keys
from tasks.sheets import Row

ROWS_MAX = 5_000
"""Rows read at a time: so many are tracked while somebody waits."""
IDS_AT_ONCE = 500


class Rows:
    """Reads rows one after the other; a task that an earlier row named already is told so."""

    def __init__(self, accounts: Accounts, choices: Mapping[str, str]) -> None:
        self._accounts = accounts
        self._choices = choices
        self._places: dict[tuple[int, str], str] = {}

    def read(self, rows: Sequence[Row]) -> tuple[Piece, ...]:
        read = list(map(self._read, rows))
        here = _here(read)
        return tuple(self._settled(piece, here) for piece in read)

    def _read(self, row: Row) -> Piece:
        text = shown_without_keys(row.text)
        if row.problem:
            return Piece("", text, Outcome.UNCLEAR, place=row.place, reason=row.problem)
        try:
            wanted = TrackRequest.model_validate({"account": "", **row.body}, strict=False)
        except pydantic.ValidationError as error:
            return Piece("", text, Outcome.UNCLEAR, place=row.place, reason=sentence_of(error))
        found = self._account_of(wanted)
        if not isinstance(found, Account):
            outcome, reason = found
            return Piece("", text, outcome, place=row.place, reason=reason, intent=wanted.intent())
        return self._piece(row, text, wanted, found)

    def _piece(self, row: Row, text: str, wanted: TrackRequest, account: Account) -> Piece:
        made: dict[str, Any] = {"place": row.place, "intent": wanted.intent()}
        made["says_account"] = bool(wanted.account)
        try:
            adoption = adoption_of(wanted, account.provider_module)
            if adoption.poll_url:
                poll_address(account.base_url, adoption.poll_url)
        except Refused as error:
            return Piece("", text, Outcome.UNCLEAR, account, reason=error.message, **made)
        except AddressRefused as error:
            return Piece("", text, Outcome.REFUSED, account, reason=str(error), **made)
        return Piece("", text, Outcome.NEW, account, adoption, **made)

    def _account_of(self, wanted: TrackRequest) -> Account | tuple[Outcome, str]:
        """The one the row says, else what its id, address or answer looks like; else why there is none."""
        if wanted.account:
            account = self._accounts.by_slug.get(wanted.account)
            return account or (Outcome.NO_ACCOUNT, f"There is no account “{wanted.account[:64]}”.")
        if chosen := self._accounts.by_slug.get(self._choices.get("account-rows", "")):
            return chosen
        answer = json.dumps(wanted.response) if wanted.response is not None else ""
        found = candidates_of(answer or wanted.poll_url or wanted.remote_id or "")
        if not found:
            return Outcome.UNCLEAR, "It looks like no provider’s: say whose it is."
        usable = self._accounts.usable(found)
        if not usable:
            names = " or ".join(dict.fromkeys(PROVIDERS[one.provider].NAME for one in found))
            return Outcome.NO_ACCOUNT, f"There is no account for {names} yet."
        return self._accounts.of(self._chosen(usable))

    def _chosen(self, usable: list[Candidate]) -> Candidate:
        wanted = self._choices.get("provider-rows")
        return next((one for one in usable if one.provider == wanted), usable[0])

    def _settled(self, piece: Piece, here: Mapping[tuple[int, str], Task]) -> Piece:
        """With the task that is here already, or the row that named it before."""
        if piece.outcome is not Outcome.NEW or piece.account is None or piece.adoption is None:
            return piece
        key = (piece.account.pk, piece.adoption.remote_id)
        if not piece.adoption.remote_id:
            return piece
        if earlier := self._places.get(key):
            return replace(piece, outcome=Outcome.UNCLEAR, reason=f"The same task as {earlier}.")
        self._places[key] = piece.place
        task = here.get(key)
        if task is None:
            return piece
        if task.deleted_at is None:
            return replace(piece, outcome=Outcome.KNOWN, task=task)
        return replace(piece, task=task, reason="It comes back from the trash.")


def _here(pieces: Sequence[Piece]) -> dict[tuple[int, str], Task]:
    """The tasks that are here already, in the trash or not, by account and remote id."""
    found: dict[tuple[int, str], Task] = {}
    for some in _chunks(
        [one.adoption.remote_id for one in pieces if one.adoption and one.adoption.remote_id]
    ):
        for task in Task.objects.filter(remote_id__in=some).select_related("account"):
            found[task.account_id, task.remote_id or ""] = task
    return found


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]
