"""Which server, and with which token: from the environment, else from the one file that `dailies login` writes."""

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from dashboard.cli.failures import Exit, Failure

HOW = "Run `dailies login`, or set DAILIES_URL and DAILIES_TOKEN."


@dataclass(frozen=True, slots=True)
class Config:
    """`url` has no trailing slash. The token is in no text of it, so that none is ever shown."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Config({self.url!r})"


def config_path() -> Path:
    """`$XDG_CONFIG_HOME/dailies/config.toml`, in `~/.config` when that is not set."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "dailies" / "config.toml"


def read_config() -> Config:
    """What the environment says, and the file where it says nothing. Failure when either is missing.

    A token from the file goes to the file's server alone: another DAILIES_URL needs a token of its own.
    """
    url, token = os.environ.get("DAILIES_URL", ""), os.environ.get("DAILIES_TOKEN", "")
    if not (url and token):
        kept = _read_file()
        kept_url = clean_url(kept["url"]) if kept.get("url") else ""
        url = url or kept_url
        if not token and url and clean_url(url) == kept_url:
            token = kept.get("token", "")
    if not url:
        raise Failure(f"No server is named. {HOW}", Exit.USAGE)
    if not token:
        raise Failure(f"There is no token for {clean_url(url)}. {HOW}", Exit.USAGE)
    return Config(clean_url(url), check_token(token))


def write_config(config: Config) -> Path:
    """Keep it in the file, which only its owner can read; the file that was there stays whole until then."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A JSON string of ASCII is a TOML string as well. The file is made with mode 0600.
    lines = f"url = {json.dumps(config.url)}\ntoken = {json.dumps(config.token)}\n"
    with NamedTemporaryFile("w", dir=path.parent, prefix=".config-", delete=False) as file:
        file.write(lines)
    Path(file.name).replace(path)
    return path


def clean_url(text: str) -> str:
    """The server's address without a slash at its end. Failure when it is no web address."""
    parts = urlsplit(text.strip())
    usable = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    if not usable or parts.username or not text.isascii():
        raise Failure("The server's address must be like https://dailies.example.", Exit.USAGE)
    return text.strip().rstrip("/")


def check_token(text: str) -> str:
    """The token; Failure for what no header can carry."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Failure("The token is empty or has characters that no token has.", Exit.USAGE)
    return token


def _read_file() -> dict[str, str]:
    path = config_path()
    try:
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read. Run `dailies login` to write it anew.", Exit.USAGE) from error
    return {name: value for name, value in found.items() if isinstance(value, str)}
