from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.tokens import authenticate, create_token
from tasks.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira")


def test_a_token_is_long_and_only_its_hash_is_kept(mira: User) -> None:
    token = create_token(mira, "script")
    row = ApiToken.objects.get()
    assert token.startswith("dly_")
    assert len(token) >= len("dly_") + 43
    assert token not in (row.token_hash, row.name, row.hint)
    assert token.endswith(row.hint)
    assert len(row.hint) == 4


def test_tokens_differ(mira: User) -> None:
    assert create_token(mira) != create_token(mira)


def test_a_token_tells_whose_it_is_and_what_it_may(mira: User) -> None:
    found = authenticate(create_token(mira, "wall", read_only=True))
    assert found is not None
    assert (found.user, found.name, found.read_only) == (mira, "wall", True)


@pytest.mark.parametrize("wrong", ["", "dly_", "dly_unknown", "Bearer x"])
def test_an_unknown_token_lets_nobody_in(mira: User, wrong: str) -> None:
    create_token(mira)
    assert authenticate(wrong) is None


def test_a_revoked_token_is_refused(mira: User) -> None:
    token = create_token(mira)
    ApiToken.objects.all().delete()
    assert authenticate(token) is None


def test_a_disabled_person_s_token_is_refused(mira: User) -> None:
    token = create_token(mira)
    User.objects.update(is_active=False)
    assert authenticate(token) is None


def test_the_last_use_is_written_down_once_a_minute(mira: User) -> None:
    token = create_token(mira)
    authenticate(token)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    authenticate(token)
    assert ApiToken.objects.get().last_used_at == first
    earlier = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.update(last_used_at=earlier)
    authenticate(token)
    latest = ApiToken.objects.get().last_used_at
    assert latest is not None
    assert latest > earlier


def test_a_check_within_the_minute_is_one_query(
    mira: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = create_token(mira)
    authenticate(token)
    with django_assert_num_queries(1):
        authenticate(token)
