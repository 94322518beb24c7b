"""`manage.py track`: what standard input names is tracked, a line for each."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tasks.models import Account, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def accounts() -> None:
    for slug, provider in (("lemon", "lemondata"), ("pear", "lemondata"), ("nebula", "nebula")):
        Account.objects.create(slug=slug, provider=provider, base_url=f"https://{slug}.example")


def run(monkeypatch: pytest.MonkeyPatch, text: str, **options: Any) -> tuple[list[str], list[str], str]:
    """Lines of output, of errors, and why it ended."""
    out, err, why = io.StringIO(), io.StringIO(), ""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    try:
        call_command("track", stdout=out, stderr=err, **options)
    except CommandError as error:
        why = str(error)
    return out.getvalue().splitlines(), err.getvalue().splitlines(), why


def test_each_line_becomes_a_task_of_what_it_looks_like(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ldtask_0123456789abcdef\nhttps://nebula.example/v1/video/generations/video_0123456789abcdef0123456789abcdef\n"
    text += (
        '{"id": "ldtask_fedcba9876543210", "task_id": "ldtask_fedcba9876543210", "status": "processing"}\n'
    )
    out, err, why = run(monkeypatch, text)
    assert (err, why) == ([], "")
    assert [line.split()[0] for line in out] == ["tracked"] * 3
    found = Task.objects.order_by("remote_id").values_list("account__slug", "remote_id")
    assert sorted(found) == [
        ("lemon", "ldtask_0123456789abcdef"),
        ("lemon", "ldtask_fedcba9876543210"),
        ("nebula", "video_0123456789abcdef0123456789abcdef"),
    ]
    out, _, _ = run(monkeypatch, text)
    assert [line.split()[0] for line in out] == ["known"] * 3


def test_an_account_takes_any_id(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("mira")
    out, _, why = run(monkeypatch, "ldtask_0123456789abcdef\nown-7\n", account="pear", username="mira")
    assert (len(out), why) == (2, "")
    rows = Task.objects.values_list("account__slug", "remote_id", "created_by__username")
    assert sorted(rows) == [("pear", "ldtask_0123456789abcdef", "mira"), ("pear", "own-7", "mira")]


def test_what_names_nothing_is_said_and_the_rest_is_tracked(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err, why = run(monkeypatch, "what is this line about\nldtask_0123456789abcdef\n")
    assert len(out) == 1
    assert err[0].startswith("not used: what is this line about")
    assert why == "1 line not used."


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"account": "none"}, "no account “none”"),
        ({"username": "nobody"}, "no user “nobody”"),
        ({}, "names no task"),
    ],
)
def test_wrong_words_change_nothing(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], says: str
) -> None:
    _, _, why = run(monkeypatch, "" if not options else "ldtask_0123456789abcdef", **options)
    assert says in why
    assert not Task.objects.exists()
