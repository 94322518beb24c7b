"""What people and programs do with accounts. One way for pages, commands and the admin site.

Every change raises `config_version`, forgets what the last answers said of the account's health and wakes
the pollers, which then ask with the new settings at once.
"""

import time
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.utils import timezone

from tasks.asking import ask_once
from tasks.auditing import remember
from tasks.keeping import hurry
from tasks.models import Account, RetentionRule
from tasks.providers import PROVIDERS
from tasks.providers.addresses import AddressRefused, clean_base_url
from tasks.providers.contract import ErrorKind, ProviderError
from tasks.publishing import wake_pollers
from tasks.rules import delete_rule
from tasks.secrets import KeyUnreadable
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed, Health

KEY_MAX = 4096
UNHEALTHY = frozenset({Health.UNREACHABLE, Health.UNAUTHORIZED})
COLUMNS = {
    "api_key": ("api_key_encrypted", "api_key_hint"),
    "enabled": ("enabled", "paused_at", "paused_by"),
}
"""Where a part of `Config` is kept, if not in a column of its own name."""
WORDS = {
    "name": "name",
    "base_url": "base URL",
    "requests_per_minute": "requests a minute",
    "concurrency": "requests at once",
    "poll_interval_s": "poll interval",
    "deadline_s": "deadline",
}
"""What the audit log calls the fields whose values it may tell."""


class Config(TypedDict, total=False):
    """What a person may set of an account. An absent field stays as it is; `api_key` "" removes the key."""

    name: str
    base_url: str
    api_key: str
    requests_per_minute: int | None
    concurrency: int
    poll_interval_s: float | None
    deadline_s: float | None
    enabled: bool
    imports: bool


class AccountInUse(Exception):
    """The account still has tasks, so it cannot be deleted. Its text is a sentence for people."""


def create_account(provider: str, slug: str, user: User | None = None, **config: Unpack[Config]) -> Account:
    """A new account; base URL "" is the provider's own. ValidationError by field: wrong value, slug taken."""
    if provider not in PROVIDERS:
        raise ValidationError({"provider": f"“{provider}” is no provider. Known: {', '.join(PROVIDERS)}."})
    if Account.objects.filter(slug=slug).exists():
        raise _taken(slug)
    account = Account(provider=provider, slug=slug)
    base_url = config.get("base_url") or PROVIDERS[provider].DEFAULT_BASE_URL
    _set(account, user, config | {"base_url": base_url})
    try:
        with write_transaction():
            account.save(force_insert=True)
            told = f"{account.provider_module.NAME} at {account.base_url}"
            remember(Deed.ACCOUNT_ADDED, user, account, subject_id=slug, details=told)
            wake_pollers()
    except IntegrityError as error:  # another process took the slug between our look and our insert
        raise _taken(slug) from error
    return account


def edit_account(account: Account, user: User | None, **config: Unpack[Config]) -> None:
    """Change what is given. ValidationError by field, with nothing changed; a new base URL needs the key again."""
    before = Account.objects.get(pk=account.pk)
    try:
        _set(account, user, config)
        _check_key_stays_home(account, before.base_url, config)
    except ValidationError:
        account.refresh_from_db()
        raise
    columns = [column for name in config for column in COLUMNS.get(name, (name,))]
    values: dict[str, Any] = {name: getattr(account, name) for name in columns} | _as_new()
    if "api_key" in config or account.base_url != before.base_url:
        values |= {"money_message": "", "money_at": None}
    if before.imports != account.imports:
        values |= {"import_due_at": None, "import_message": ""}
    _write(account, values, user, _told(before, account, config))


def pause_account(account: Account, user: User | None) -> None:
    """Ask nothing with it until it is resumed. Harmless to repeat: the first pause is remembered."""
    if account.enabled:
        edit_account(account, user, enabled=False)


def resume_account(account: Account, user: User | None) -> None:
    """Ask again; each of its tasks at once."""
    if not account.enabled:
        edit_account(account, user, enabled=True)


def test_account(account: Account) -> str:
    """Ask the provider whether it answers and takes the key; how it went, as a sentence. Else ProviderError."""
    provider = account.provider_module
    begun_at = time.monotonic()
    try:
        answer = ask_once(account, provider.probe_request())
    except KeyUnreadable as error:
        raise ProviderError(
            ErrorKind.UNAUTHORIZED, "The stored key cannot be read with this SECRET_KEY. Enter it again."
        ) from error
    latency_s = time.monotonic() - begun_at
    provider.check_probe(answer)
    _note_success(account, latency_s, timezone.now())
    taken = " and took the key" if account.api_key_encrypted else ""
    return f"{provider.NAME} answered in {round(latency_s * 1000)} ms{taken}."


def delete_account(account: Account, user: User | None) -> None:
    """Delete an account that never had a task, or whose tasks are purged; AccountInUse otherwise."""
    in_use = AccountInUse(f"{account} still has tasks, some perhaps in the trash. Pause it instead.")
    try:
        with write_transaction():
            if account.tasks.exists():
                raise in_use
            remember(Deed.ACCOUNT_DELETED, user, account, subject_id=account.slug, details=account.base_url)
            for rule in RetentionRule.objects.filter(account=account):
                delete_rule(rule, user)
            account.delete()
            wake_pollers()
    except (models.ProtectedError, IntegrityError) as error:  # one was tracked just now
        raise in_use from error


def _set(account: Account, user: User | None, config: Config) -> None:
    """Put the values onto the object, cleaned; ValidationError before anything is saved."""
    values: dict[str, Any] = dict(config)
    errors: dict[str, Any] = {}
    for name, clean in (("base_url", _clean_base_url), ("api_key", _clean_key)):
        if name in values:
            try:
                values[name] = clean(values[name])
            except ValidationError as error:
                errors[name] = error
    if errors:
        raise ValidationError(errors)
    if "api_key" in values:
        account.set_api_key(values.pop("api_key"))
    if "enabled" in values:
        _set_enabled(account, user, enabled=values.pop("enabled"))
    if values.get("imports") and account.provider_module.LISTING is None:
        raise ValidationError({"imports": f"{account.provider_module.NAME} has no list of tasks."})
    for name, value in values.items():
        setattr(account, name, value)
    account.full_clean(validate_unique=False)


def _set_enabled(account: Account, user: User | None, *, enabled: bool) -> None:
    if enabled:
        account.paused_at, account.paused_by = None, None
    elif account.enabled or account.paused_at is None:
        account.paused_at, account.paused_by = timezone.now(), user
    account.enabled = enabled


def _check_key_stays_home(account: Account, before: str, config: Config) -> None:
    if account.base_url != before and account.api_key_encrypted and "api_key" not in config:
        raise ValidationError(
            {
                "api_key": "The base URL changed: enter the key again, so that it only goes where you mean it to."
            }
        )


def _told(before: Account, account: Account, config: Config) -> str:
    """What changed, for the audit log: of a key only that it did. "" for nothing."""
    changes = [
        f"{word}: {_shown(before, name)} → {_shown(account, name)}"
        for name, word in WORDS.items()
        if name in config and getattr(before, name) != getattr(account, name)
    ]
    if "api_key" in config and (config["api_key"] or before.api_key_encrypted):
        changes.append("API key replaced" if config["api_key"] else "API key removed")
    if before.imports != account.imports:
        changes.append("takes in new tasks" if account.imports else "takes in no new tasks")
    if before.enabled != account.enabled:
        changes.append("resumed" if account.enabled else "paused")
    return "\n".join(changes)


def _shown(account: Account, name: str) -> str:
    value = getattr(account, name)
    return "none" if value in (None, "") else str(value)


def _write(account: Account, values: dict[str, Any], user: User | None, told: str) -> None:
    """One UPDATE of what was given: neither a poller's notes nor somebody else's edit is written over."""
    with write_transaction():
        Account.objects.filter(pk=account.pk).update(**values)
        if told:
            remember(Deed.ACCOUNT_CHANGED, user, account, subject_id=account.slug, details=told)
        hurry(account, timezone.now())
        wake_pollers()
    account.refresh_from_db()


def _as_new() -> dict[str, Any]:
    return {
        "config_version": models.F("config_version") + 1,
        "health": Health.OK.value,
        "health_message": "",
        "health_at": timezone.now(),
        "resumes_at": None,
    }


def _note_success(account: Account, latency_s: float, now: datetime) -> None:
    """A working test is an answer too; an account that stood still because of its key goes on at once."""
    resumed = _as_new() if account.health in UNHEALTHY else {}
    with write_transaction():
        Account.objects.filter(pk=account.pk).update(last_answer_at=now, last_latency_s=latency_s, **resumed)
        if resumed:
            hurry(account, now)
            wake_pollers()


def _clean_base_url(text: str) -> str:
    try:
        return clean_base_url(text)
    except AddressRefused as error:
        raise ValidationError(str(error)) from error


def _clean_key(text: str) -> str:
    """People paste the header's whole value, or a line break with the key."""
    key = text.strip().removeprefix("Bearer ").strip()
    if len(key) > KEY_MAX or not (key.isascii() and key.isprintable()) or " " in key:
        raise ValidationError("A key is one line of letters, digits and signs, without spaces.")
    return key


def _taken(slug: str) -> ValidationError:
    return ValidationError({"slug": f"There is an account “{slug}” already. Choose another slug."})
