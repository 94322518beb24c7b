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
        ("DATABASE_URL", "postgres://", "names no database"),
        ("DATABASE_URL", "postgres://host:port/name", "not a database address"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no database"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("REDIS_URL", "redis://host:port/0", "port"),
        ("PUBLIC_URL", "dailies.example", "whole address"),
        ("PUBLIC_URL", "https://dailies.example/app", "after the host"),
        ("PUBLIC_URL", "https://dailies.example:port", "port"),
        ("PUBLIC_URL", "https://me:secret@dailies.example", "host name"),
        ("PUBLIC_URL", "https://two words", "host name"),
        ("SECRET_KEY", "short", "32 characters"),
        ("SECRET_KEY_FALLBACKS", "short,shorter", "32 characters"),
        ("ALLOWED_HOSTS", "https://dailies.example", "leave out"),
        ("ALLOWED_HOSTS", "dailies.example, dailies.example:8000", "leave out"),
        ("MEDIA_STORAGE", "/srv/media", "s3://bucket"),
        ("MEDIA_STORAGE", "s3:///prefix", "s3://bucket"),
        ("MEDIA_STORAGE", "s3://key:secret@bucket", "AWS_ACCESS_KEY_ID"),
        ("MEDIA_STORAGE", "s3://bucket?endpoint=s3.example", "whole address"),
        ("MEDIA_STORAGE", "s3://bucket?acl=public-read", "not “acl”"),
        ("MEDIA_STORAGE", "s3://bucket/a/../b", "“..”"),
        ("MEDIA_MAX_FILE", "5", "500 MB"),
        ("MEDIA_MAX_FILE", "0 GB", "500 MB"),
        ("MEDIA_QUOTA", "plenty", "500 MB"),
        ("DEBUG", "maybe", "1 or 0"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("METRICS_PUBLIC", "perhaps", "1 or 0"),
        ("NOTIFY_PRIVATE_HOSTS", "http://ntfy.lan", "without http://"),
        ("NOTIFY_PRIVATE_HOSTS", "*", "each by itself"),
        ("SITE_TIME_ZONE", "Berlin", "Europe/Berlin"),
        ("MEDIA_DELIVERY", "fast", "stream, accel or signed"),
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


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("https://Dailies.example:443/", "https://dailies.example"),
        ("http://dailies.example:80", "http://dailies.example"),
        ("https://dailies.example:8443", "https://dailies.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_public_address_reads_as_browsers_write_it(
    monkeypatch: pytest.MonkeyPatch, value: str, origin: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    assert origin == read_environment().PUBLIC_URL


@pytest.mark.parametrize("hosts", ["*", ".dailies.example", "127.0.0.1,[::1],localhost,my_host"])
def test_what_names_hosts_is_taken(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)
    assert hosts.split(",") == read_environment().ALLOWED_HOSTS


@pytest.mark.parametrize(
    ("value", "is_on"), [("1", True), ("TRUE", True), ("0", False), ("off", False), ("", False)]
)
def test_debug_is_on_or_off(monkeypatch: pytest.MonkeyPatch, value: str, is_on: bool) -> None:
    monkeypatch.setenv("DEBUG", value)
    assert read_environment().DEBUG is is_on


def test_no_secret_is_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SECRET_KEY": "hunter2" * 5,
        "SECRET_KEY_FALLBACKS": "hunter2" * 6,
        "DATABASE_URL": "postgres://me:hunter2@host/name",
        "REDIS_URL": "redis://:hunter2@host",
    }.items():
        monkeypatch.setenv(name, value)
    assert "hunter2" not in repr(read_environment())


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


@pytest.mark.parametrize(
    ("value", "count"), [("500 MB", 500_000_000), ("2gb", 2_000_000_000), ("1.5 KB", 1_500), ("7 B", 7)]
)
def test_sizes_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch, value: str, count: int) -> None:
    monkeypatch.setenv("MEDIA_MAX_FILE", value)
    monkeypatch.setenv("MEDIA_QUOTA", value)
    found = read_environment()
    assert count == found.MEDIA_MAX_FILE
    assert count == found.MEDIA_QUOTA


def test_files_are_limited_and_their_sum_is_not() -> None:
    found = read_environment()
    assert (found.MEDIA_MAX_FILE, found.MEDIA_QUOTA) == (5_000_000_000, None)
