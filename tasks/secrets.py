"""Account keys at rest: encrypted with the installation's secret key, readable with its earlier ones."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class KeyUnreadable(Exception):
    """The stored text was encrypted with a secret key that this process does not have."""


@lru_cache(maxsize=8)
def _box(*keys: str) -> MultiFernet:
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(_derive(key, b"dailies account keys"))) for key in keys]
    )


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


def _own_box() -> MultiFernet:
    return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def encrypt(text: str) -> str:
    """The text as a Fernet token; "" stays ""."""
    return _own_box().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """The text of a token made by `encrypt`; KeyUnreadable when no secret key of ours opens it."""
    if not token:
        return ""
    try:
        return _own_box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise KeyUnreadable from error


def rotate(token: str) -> str:
    """The same text under the present secret key."""
    return encrypt(decrypt(token))


def fingerprint(secret_key: str) -> str:
    """Tells secret keys apart without telling anything of them."""
    return _derive(secret_key, b"dailies fingerprint").hex()[:32]


def hash_token(token: str) -> str:
    """How API tokens are kept: they are long and random, so one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
