"""Who calls: a token of ours stands in the place of the provider's key. Synchronous; it asks the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User

from dashboard.gateway.addresses import Address
from dashboard.people import Role, role_of
from dashboard.tokens import authenticate
from tasks.asking import Connection
from tasks.models import Account
from tasks.secrets import KeyUnreadable

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Refused(Exception):
    """What the caller gets in place of the provider's answer. `message` is a sentence for people."""

    status: int
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that may do what it asks for."""

    user: User
    account: Account
    connection: Connection


def admit(address: Address, headers: Mapping[str, str], method: str) -> Caller:
    """Refused: 401 without a token that is good here, 403 for one that may only read, 404, 409 for a paused account."""
    account = Account.objects.filter(slug=address.slug).first()
    row = authenticate(address.token or _token_in(headers), at_gateway_of=account)
    if row is None:
        raise Refused(401, "This needs a Dailies token in the place of the provider's key.")
    if method not in SAFE and (row.read_only or role_of(row.user) < Role.MEMBER):
        raise Refused(403, "This token may only read: have a member's token made that may change things.")
    if account is None:
        raise Refused(404, f"Dailies has no account “{address.slug[:50]}”.")
    if not account.enabled:
        raise Refused(409, f"The account {account} is paused in Dailies. Nothing was sent.")
    try:
        return Caller(row.user, account, Connection.of(account))
    except KeyUnreadable as error:
        raise Refused(
            409, f"The key of {account} cannot be read: enter it again in Dailies. Nothing was sent."
        ) from error


def _token_in(headers: Mapping[str, str]) -> str:
    """Where the providers' clients put their key."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
