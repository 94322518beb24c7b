"""API tokens: made once, shown once, kept as a hash."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from dashboard.roster import called
from dashboard.witness import witnessed
from tasks.auditing import remember
from tasks.models import Account, ApiToken
from tasks.secrets import hash_token
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed

PREFIX = "dly_"
TOKEN_BYTES = 32
NOTED_EVERY = timedelta(minutes=1)
"""How old `last_used_at` may be: a busy program must not write a row for every request."""


def create_token(
    user: User,
    name: str = "",
    *,
    read_only: bool = False,
    gateway_of: Account | None = None,
    by: User | None = None,
) -> str:
    """A new token of 256 random bits that acts as `user`, with `gateway_of` at that account's gateway alone.

    This is the only time it is known.
    """
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with write_transaction():
        row = ApiToken.objects.create(
            user=user,
            name=name[:100],
            token_hash=hash_token(token),
            hint=token[-4:],
            read_only=read_only,
            account=gateway_of,
        )
        kind = f"gateway of {gateway_of}" if gateway_of else "read-only" if read_only else "full"
        remember(Deed.TOKEN_MADE, by, row, subject_id=user.pk, details=f"{kind}, of {called(user)}")
    return token


def revoke_token(row: ApiToken, by: User) -> None:
    """Programs that use it are refused from now on; their sockets end."""
    with witnessed(by):
        row.delete()


def authenticate(token: str, *, at_gateway_of: Account | None = None) -> ApiToken | None:
    """The token's row with its user; None for an unknown or revoked one, and for a disabled person's.

    A token for one account's gateway is good there alone.
    """
    if not token.startswith(PREFIX):
        return None
    row = (
        ApiToken.objects.select_related("user")
        .filter(token_hash=hash_token(token), user__is_active=True)
        .first()
    )
    if row is not None and row.account_id not in {None, at_gateway_of.pk if at_gateway_of else None}:
        return None
    if row is not None:
        _note_use(row)
    return row


def note_uses(tokens: Iterable[str]) -> None:
    """These tokens are in use now."""
    _note({hash_token(one) for one in tokens}, timezone.now())


def _note_use(row: ApiToken) -> None:
    now = timezone.now()
    if row.last_used_at is not None and now - row.last_used_at < NOTED_EVERY:
        return
    _note({row.token_hash}, now)
    row.last_used_at = now


def _note(hashes: set[str], now: datetime) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
    with write_transaction():
        ApiToken.objects.filter(stale, token_hash__in=hashes).update(last_used_at=now)
