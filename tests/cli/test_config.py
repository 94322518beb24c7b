"""Which server and token count, and where they are kept."""

import stat
from pathlib import Path

import pytest

from dashboard.cli.config import Config, config_path, read_config, write_config
from dashboard.cli.failures import Exit, Failure

KEPT = Config("https://dailies.example", "dly_kept")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("DAILIES_URL", "DAILIES_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_what_is_kept_is_read_again_and_is_nobody_elses(home: Path) -> None:
    path = write_config(KEPT)
    assert path == config_path() == home / "dailies" / "config.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_config() == KEPT


def test_a_new_login_replaces_the_old_one_and_leaves_nothing_beside_it() -> None:
    write_config(Config("http://old.example", "dly_old"))
    path = write_config(KEPT)
    assert read_config() == KEPT
    assert list(path.parent.iterdir()) == [path]


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(KEPT)
    monkeypatch.setenv("DAILIES_URL", "http://127.0.0.1:8000/")
    monkeypatch.setenv("DAILIES_TOKEN", "dly_env")
    assert read_config() == Config("http://127.0.0.1:8000", "dly_env")


def test_the_kept_token_goes_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(KEPT)
    monkeypatch.setenv("DAILIES_URL", "https://other.example")
    with pytest.raises(Failure) as refused:
        read_config()
    assert refused.value.message.startswith("There is no token for https://other.example.")
    assert refused.value.exit_code == Exit.USAGE


def test_the_kept_server_named_in_the_environment_has_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(KEPT)
    monkeypatch.setenv("DAILIES_URL", KEPT.url + "/")
    assert read_config() == KEPT


def test_a_broken_file_is_named() -> None:
    write_config(KEPT).write_text("url = ")
    with pytest.raises(Failure, match=r"config\.toml cannot be read"):
        read_config()


@pytest.mark.parametrize(
    "url", ["", "dailies.example", "ftp://dailies.example", "https://a:b@dailies.example", "https://x?y=1"]
)
def test_no_other_address_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DAILIES_URL", url)
    monkeypatch.setenv("DAILIES_TOKEN", "dly_env")
    with pytest.raises(Failure) as refused:
        read_config()
    assert refused.value.exit_code == Exit.USAGE


def test_a_token_that_no_header_can_carry_is_refused_without_being_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DAILIES_URL", KEPT.url)
    monkeypatch.setenv("DAILIES_TOKEN", "dly_a\nX-Evil: 1")
    with pytest.raises(Failure) as refused:
        read_config()
    assert "dly_a" not in refused.value.message


def test_a_config_does_not_show_its_token() -> None:
    assert "dly_kept" not in repr(KEPT)
