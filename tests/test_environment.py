"""Every setting: its meaning is in the README, its wrong values are named, its default works."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.environment import ROOT, Environment, read_environment, read_or_make_secret_key


@pytest.mark.parametrize("name", sorted(Environment.model_fields))
def test_the_readme_explains_it(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgres://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("PUBLIC_URL", "dailies.example", "whole address"),
        ("PUBLIC_URL", "https://dailies.example/app", "after the host"),
        ("SECRET_KEY", "short", "32 characters"),
        ("DEBUG", "maybe", "boolean"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        read_environment()
    assert f"  {name}: " in str(caught.value)
    assert says in str(caught.value)


def test_no_secret_is_repeated_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    with pytest.raises(SystemExit) as caught:
        read_environment()
    assert "hunter2" not in str(caught.value)


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,")
    assert read_environment().ALLOWED_HOSTS == ["a.example", "b.example"]


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = read_or_make_secret_key(tmp_path / "new")
    assert len(key) >= 48
    assert read_or_make_secret_key(tmp_path / "new") == key
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_a_damaged_secret_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(SystemExit, match="Restore it from a backup"):
        read_or_make_secret_key(tmp_path)


@pytest.mark.parametrize(
    ("public_url", "secure"),
    [("https://dailies.example", True), ("http://127.0.0.1:8000", False), ("", False)],
)
def test_https_turns_on_what_belongs_to_it(tmp_path: Path, public_url: str, secure: bool) -> None:
    code = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS > 0, s.SECURE_PROXY_SSL_HEADER is not None)"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATA_DIR": str(tmp_path),
        "PUBLIC_URL": public_url,
    }
    ran = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == [str(secure)] * 4, ran.stderr
