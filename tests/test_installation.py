import pytest
from django.test import override_settings

from tasks.accounts import create_account
from tasks.installation import WrongSecretKey, check_secret_key
from tasks.models import Account, Installation

pytestmark = pytest.mark.django_db

FIRST = "the first secret key, long enough to be one"
SECOND = "the second secret key, long enough to be one"
THIRD = "the third secret key, long enough to be one"
API_KEY = "sk-lemon-1234567890"


@pytest.fixture(autouse=True)
def begun_with_the_first() -> None:
    with override_settings(SECRET_KEY=FIRST, SECRET_KEY_FALLBACKS=[]):
        check_secret_key()
        create_account("lemondata", "lemon", api_key=API_KEY)
        create_account("moneyprinter", "mac")


def test_the_first_start_remembers_its_key_and_later_ones_agree() -> None:
    with override_settings(SECRET_KEY=FIRST, SECRET_KEY_FALLBACKS=[SECOND]):
        check_secret_key()
    assert Installation.objects.count() == 1
    assert FIRST not in Installation.objects.get().key_fingerprint


def test_another_key_is_refused_with_what_to_do() -> None:
    before = Installation.objects.get().key_fingerprint
    other_keys = override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[THIRD])
    with other_keys, pytest.raises(WrongSecretKey) as refused:
        check_secret_key()
    assert "SECRET_KEY_FALLBACKS" in str(refused.value)
    assert SECOND not in str(refused.value)
    assert Installation.objects.get().key_fingerprint == before


def test_a_new_key_with_the_old_one_as_fallback_encrypts_every_account_key_anew() -> None:
    with override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[FIRST]):
        check_secret_key()
    with override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[]):
        check_secret_key()
        assert Account.objects.get(slug="lemon").api_key == API_KEY
        assert Account.objects.get(slug="mac").api_key == ""
    with override_settings(SECRET_KEY=FIRST, SECRET_KEY_FALLBACKS=[]), pytest.raises(WrongSecretKey):
        check_secret_key()


def test_one_unreadable_account_key_changes_nothing() -> None:
    with override_settings(SECRET_KEY=THIRD, SECRET_KEY_FALLBACKS=[]):
        create_account("nebula", "stray", api_key="sk-stray-1234567890")
    before = dict(Account.objects.values_list("slug", "api_key_encrypted"))
    with override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[FIRST]), pytest.raises(WrongSecretKey):
        check_secret_key()
    assert dict(Account.objects.values_list("slug", "api_key_encrypted")) == before
    with override_settings(SECRET_KEY=FIRST, SECRET_KEY_FALLBACKS=[]):
        check_secret_key()
