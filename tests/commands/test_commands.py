from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from dashboard.tokens import authenticate
from tasks.models import Account, ApiToken

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def mira() -> User:
    return User.objects.create_user("mira")


def run(*args: str) -> str:
    output = StringIO()
    call_command(*args, stdout=output, stderr=StringIO())
    return output.getvalue()


def test_an_account_is_connected_with_all_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEMON_KEY", KEY)
    run(
        "add_account", "lemondata", "lemon", "--base-url", "https://lemon.example/", "--api-key-env", "LEMON_KEY",
        "--requests-per-minute", "60", "--poll-interval", "2.5",
    )  # fmt: skip
    account = Account.objects.get(slug="lemon")
    assert (account.provider, account.base_url, account.api_key) == (
        "lemondata",
        "https://lemon.example",
        KEY,
    )
    assert (account.requests_per_minute, account.poll_interval_s, account.concurrency) == (60, 2.5, 20)


@pytest.mark.parametrize(
    ("provider", "base_url"),
    [
        ("lemondata", "https://api.lemondata.cc"),
        ("nebula", "https://llm.ai-nebula.com"),
        ("moneyprinter", "http://localhost:8080"),
    ],
)
def test_an_account_leads_to_its_provider_unless_told_otherwise(provider: str, base_url: str) -> None:
    run("add_account", provider, "own")
    account = Account.objects.get(slug="own")
    assert (account.base_url, account.api_key) == (base_url, "")
    assert account.requests_per_minute is None
    assert account.poll_interval_s is None


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["netflix", "new"], "lemondata, nebula, moneyprinter"),
        (["lemondata", "taken"], "“taken” already"),
        (["lemondata", "no slug!"], "slug"),
        (["lemondata", ""], "blank"),
        (["lemondata", "new", "--base-url", "ftp://lemon.example"], "http"),
        (["lemondata", "new", "--base-url", "https://me:secret@lemon.example"], "user name"),
        (["lemondata", "new", "--api-key-env", "UNSET_KEY"], "UNSET_KEY"),
        (["lemondata", "new", "--requests-per-minute", "0"], "1"),
        (["lemondata", "new", "--requests-per-minute", "many"], "many"),
        (["lemondata", "new", "--poll-interval", "-3"], "0.2"),
        (["lemondata", "new", "--poll-interval", "nan"], "nan"),
        (["lemondata"], "SLUG"),
    ],
)
def test_a_wrong_account_is_refused_with_its_reason(args: list[str], reason: str) -> None:
    run("add_account", "lemondata", "taken", "--requests-per-minute", "5")
    with pytest.raises(CommandError, match=reason):
        run("add_account", *args)
    assert list(Account.objects.values_list("slug", "requests_per_minute")) == [("taken", 5)]


def test_the_key_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEMON_KEY", KEY)
    assert KEY not in run("add_account", "lemondata", "lemon", "--api-key-env", "LEMON_KEY")


@pytest.mark.parametrize(("options", "read_only"), [([], False), (["--read-only"], True)])
def test_a_token_is_printed_alone_and_works(mira: User, options: list[str], read_only: bool) -> None:
    token = run("create_token", "mira", *options)
    assert token.endswith("\n")
    row = authenticate(token.strip())
    assert row is not None
    assert (row.user, row.read_only) == (mira, read_only)


@pytest.mark.parametrize("username", ["nobody", "MIRA", ""])
def test_nobody_gets_no_token(mira: User, username: str) -> None:
    with pytest.raises(CommandError, match="no user"):
        run("create_token", username)
    assert not ApiToken.objects.exists()


def test_a_disabled_person_gets_no_token(mira: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="disabled"):
        run("create_token", "mira")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("port", ["-1", "65536", "http", "8000.5", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(CommandError, match="is no port"):
        run("serve", f"--port={port}")


def test_the_demo_does_not_begin_in_a_process_of_the_real_database() -> None:
    with pytest.raises(CommandError, match="serve --demo"):
        run("serve", "--demo")
