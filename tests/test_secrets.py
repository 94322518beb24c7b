import pytest
from pytest_django.fixtures import Settings

from tasks.secrets import KeyUnreadable, decrypt, encrypt, fingerprint, rotate


def test_a_key_comes_back_and_does_not_show() -> None:
    token = encrypt("sk-secret")
    assert "sk-secret" not in token
    assert decrypt(token) == "sk-secret"
    assert encrypt("") == decrypt("") == ""


def test_another_secret_key_reads_nothing(settings: Settings) -> None:
    token = encrypt("sk-secret")
    settings.SECRET_KEY = "another" * 8
    with pytest.raises(KeyUnreadable):
        decrypt(token)


def test_an_earlier_secret_key_still_reads_and_rotates(settings: Settings) -> None:
    token, before = encrypt("sk-secret"), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, [before]
    rotated = rotate(token)
    settings.SECRET_KEY_FALLBACKS = []
    assert decrypt(rotated) == "sk-secret"


def test_a_fingerprint_tells_keys_apart() -> None:
    assert fingerprint("a" * 40) != fingerprint("b" * 40)
    assert "a" * 8 not in fingerprint("a" * 40)
