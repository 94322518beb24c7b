"""Which models an account's provider has: asked for now and then in the background, or when somebody wants it."""

from contextlib import suppress
from datetime import datetime, timedelta

from tasks.asking import ask_once
from tasks.models import Account, ModelList
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.providers.model_lists import parse_models
from tasks.secrets import KeyUnreadable
from tasks.transactions import write_transaction
from tasks.vocabulary import Kind

FRESH = timedelta(hours=6)
AFTER_TROUBLE = timedelta(minutes=10)
"""A provider that gave no list is not asked again sooner, unless a person insists."""


def has_list(account: Account) -> bool:
    """Whether its provider tells which models there are."""
    return account.provider_module.MODELS is not None


def list_of(account: Account) -> ModelList | None:
    """What is known; None while nobody asked."""
    return ModelList.objects.filter(account=account).first()


def names_for(found: ModelList | None, kind: Kind) -> tuple[str, ...]:
    """Those that make this kind; all of them where nobody can tell of any."""
    listed = found.names if found else []
    fits = tuple(name for name, kinds in listed if kind in kinds)
    return fits or tuple(name for name, kinds in listed if not kinds)


def is_stale(found: ModelList | None, now: datetime) -> bool:
    """Whether it is time to ask."""
    if found is None:
        return True
    if found.problem and found.asked_at and found.asked_at > now - AFTER_TROUBLE:
        return False
    return found.fetched_at is None or found.fetched_at <= now - FRESH


def want(account: Account, found: ModelList | None, now: datetime) -> None:
    """Have a stale list asked for in the background."""
    if not has_list(account) or not is_stale(found, now) or (found and found.wanted_at):
        return
    with write_transaction():
        ModelList.objects.get_or_create(account=account)
        ModelList.objects.filter(account=account, wanted_at=None).update(wanted_at=now)


def refresh(account: Account, now: datetime) -> ModelList:
    """Ask now, within the account's budget; blocks. ProviderError, which is remembered, with the old list kept."""
    request, provider = account.provider_module.MODELS, account.provider_module
    if request is None:
        raise ProviderError(ErrorKind.INVALID, f"{provider.NAME} has no list of models.")
    try:
        models = parse_models(provider.NAME, ask_once(account, request))
    except KeyUnreadable as error:
        message = "The account's key was encrypted with another secret key. Enter it again."
        _note(account, now, problem=message)
        raise ProviderError(ErrorKind.UNAUTHORIZED, message) from error
    except ProviderError as error:
        _note(account, now, problem=error.said_once[:500])
        raise
    _note(account, now, names=[[one.name, list(one.kinds)] for one in models], fetched_at=now, problem="")
    return ModelList.objects.get(account=account)


def refresh_wanted(now: datetime) -> bool:
    """Ask for one list that somebody waits for. False: nobody does. A refusal is remembered, no more."""
    wanted = ModelList.objects.filter(wanted_at__isnull=False, account__enabled=True)
    row = wanted.select_related("account").order_by("wanted_at").first()
    if row is None:
        return False
    with write_transaction():  # of several processes one asks
        ours = wanted.filter(pk=row.pk, wanted_at=row.wanted_at).update(wanted_at=None, asked_at=now)
    if ours:
        with suppress(ProviderError):
            refresh(row.account, now)
    return True


def _note(account: Account, now: datetime, **columns: object) -> None:
    with write_transaction():
        if Account.objects.filter(pk=account.pk).exists():
            ModelList.objects.update_or_create(
                account=account, defaults={"asked_at": now, "wanted_at": None, **columns}
            )
