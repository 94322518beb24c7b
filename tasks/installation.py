"""Which secret key this database belongs to, checked before anything is encrypted or read with another."""

from django.conf import settings

from tasks import secrets
from tasks.models import Account, Channel, Installation
from tasks.transactions import write_transaction

CHANNEL_SECRETS = ("address_encrypted", "secret_encrypted", "old_secret_encrypted")


class WrongSecretKey(Exception):
    """The database was made with another secret key. Its text says what to do."""


def check_secret_key() -> None:
    """Make sure that this process can read the stored account keys; the first start remembers its key.

    After a change of SECRET_KEY with the old one in SECRET_KEY_FALLBACKS every account key is encrypted
    anew. WrongSecretKey for any other key: keys saved with it would be unreadable to everybody else.
    """
    present = secrets.fingerprint(settings.SECRET_KEY)
    known = _remembered_or(present)
    if known == present:
        return
    if known not in {secrets.fingerprint(key) for key in settings.SECRET_KEY_FALLBACKS}:
        raise WrongSecretKey(
            "This database was made with another SECRET_KEY, so its account keys cannot be read. "
            "Start with that key (kept in DATA_DIR/secret_key unless SECRET_KEY is set), "
            "or put it into SECRET_KEY_FALLBACKS to have everything encrypted with the new one."
        )
    _reencrypt(present)


def _remembered_or(fingerprint: str) -> str:
    """The fingerprint in the database; this one, from now on, when there is none."""
    with write_transaction():
        row, _ = Installation.objects.get_or_create(pk=1, defaults={"key_fingerprint": fingerprint})
    return row.key_fingerprint


def _reencrypt(present: str) -> None:
    try:
        with write_transaction():
            Installation.objects.select_for_update().get(pk=1)
            for account in Account.objects.exclude(api_key_encrypted=""):
                account.api_key_encrypted = secrets.rotate(account.api_key_encrypted)
                account.save(update_fields=["api_key_encrypted"])
            for channel in Channel.objects.all():
                for field in CHANNEL_SECRETS:
                    setattr(channel, field, secrets.rotate(getattr(channel, field)))
                channel.save(update_fields=CHANNEL_SECRETS)
            Installation.objects.filter(pk=1).update(key_fingerprint=present)
    except secrets.KeyUnreadable as error:
        raise WrongSecretKey(
            "An account key or a channel's address in this database was encrypted with a SECRET_KEY that is in "
            "neither SECRET_KEY nor SECRET_KEY_FALLBACKS. Add that key to SECRET_KEY_FALLBACKS; nothing was changed."
        ) from error
