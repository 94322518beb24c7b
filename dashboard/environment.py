"""Settings from the environment: each one typed, explained, and named when its value is wrong.

The README's table of settings is checked against this class by a test.
"""

import os
import re
import secrets
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dashboard.media_storage import bucket_of
from tasks.figures import bytes_of

ROOT = Path(__file__).resolve().parent.parent

Words = Annotated[list[str], NoDecode]

KEY_MIN = 32
_HOST = re.compile(r"\*|\.?[\w-]+(?:\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
_USUAL_PORTS = {"http": 80, "https": 443}
_CHOICES = {
    "MEDIA_DELIVERY": ("stream", "accel", "signed"),
    "LOG_LEVEL": ("DEBUG", "INFO", "WARNING", "ERROR"),
    "LOG_FORMAT": ("text", "json"),
}
_YES_OR_NO = frozenset({"1", "0", "true", "false", "yes", "no", "on", "off"})


class Environment(BaseSettings):
    """What a process reads from its environment, once, at start."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    DATA_DIR: Path = Field(ROOT / "data", description="Folder for the database, the secret key and files.")
    DATABASE_URL: str = Field(
        "",
        repr=False,
        description="`postgres://user:password@host/name`; SQLite in `DATA_DIR` when absent.",
    )
    REDIS_URL: str = Field(
        "",
        repr=False,
        description="`redis://host:6379/0`; messages stay inside the process when absent.",
    )
    SECRET_KEY: str = Field(
        "",
        repr=False,
        description="Signs sessions and encrypts account keys; made and kept in `DATA_DIR` when absent.",
    )
    SECRET_KEY_FALLBACKS: Words = Field(
        [],
        repr=False,
        description="Earlier secret keys, comma separated; account keys are re-encrypted at start.",
    )
    PUBLIC_URL: str = Field(
        "",
        description="Where people reach Dailies, such as `https://dailies.example`. "
        "`https` turns on secure cookies, HSTS and trusted forwarded headers.",
    )
    ALLOWED_HOSTS: Words = Field(
        [],
        description="Host names answered to, comma separated; `PUBLIC_URL`'s host and loopback when absent.",
    )
    MEDIA_DELIVERY: str = Field(
        "stream",
        description="Who sends media: `stream` is Dailies itself, `accel` nginx by `X-Accel-Redirect`, "
        "`signed` the bucket they lie in.",
    )
    MEDIA_STORAGE: str = Field(
        "",
        description="Where copies of results are kept: `s3://bucket/prefix?endpoint=https://…&region=…`, "
        "with the keys in AWS's usual variables; the folder `media` in `DATA_DIR` when absent.",
    )
    MEDIA_MAX_FILE: int = Field(
        5 * 1000**3,
        description="Results larger than this, such as `500 MB`, are not kept; `5 GB` when absent.",
    )
    MEDIA_QUOTA: int | None = Field(
        None, description="How much all copies together may take, such as `200 GB`; no limit when absent."
    )
    NOTIFY_PRIVATE_HOSTS: Words = Field(
        [],
        description="Hosts in your own network that notifications may be sent to, comma separated; "
        "none but public ones when absent.",
    )
    SITE_TIME_ZONE: str = Field(
        "UTC", description="The time zone that quiet hours go by, such as `Europe/Berlin`."
    )
    DEBUG: bool = Field(
        default=False, description="Detailed error pages. Never on a machine that others reach."
    )
    LOG_LEVEL: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")
    LOG_FORMAT: str = Field("text", description="`text`, or `json`: one object a line.")
    METRICS_PUBLIC: bool = Field(default=False, description="`/metrics` answers without a token.")

    @field_validator("SECRET_KEY_FALLBACKS", "ALLOWED_HOSTS", "NOTIFY_PRIVATE_HOSTS", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value
        )

    @field_validator("SECRET_KEY_FALLBACKS")
    @classmethod
    def _whole_keys(cls, value: list[str]) -> list[str]:
        if any(len(key) < KEY_MIN for key in value):
            raise ValueError(f"each key must be whole: none of ours had fewer than {KEY_MIN} characters")
        return value

    @field_validator("ALLOWED_HOSTS")
    @classmethod
    def _hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"“{host}” is no host name: leave out http://, port and path")
        return value

    @field_validator("NOTIFY_PRIVATE_HOSTS")
    @classmethod
    def _single_hosts(cls, value: list[str]) -> list[str]:
        hosts = [host.strip("[]").lower() for host in value]
        for host in hosts:
            if not (_HOST.fullmatch(host) or _HOST.fullmatch(f"[{host}]")) or host[0] in "*.":
                raise ValueError(f"“{host}” is no host: name each by itself, without http://, port and path")
        return hosts

    @field_validator("SITE_TIME_ZONE")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value.strip()).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"“{value}” is no time zone such as Europe/Berlin") from error

    @field_validator("MEDIA_STORAGE")
    @classmethod
    def _storage(cls, value: str) -> str:
        if value:
            bucket_of(value)
        return value

    @field_validator("MEDIA_MAX_FILE", "MEDIA_QUOTA", mode="before")
    @classmethod
    def _size(cls, value: object) -> object:
        return bytes_of(value) if isinstance(value, str) else value

    @field_validator("DEBUG", "METRICS_PUBLIC", mode="before")
    @classmethod
    def _yes_or_no(cls, value: object) -> object:
        if isinstance(value, str) and value.strip().lower() not in _YES_OR_NO:
            raise ValueError("it must be 1 or 0")
        return value.strip() if isinstance(value, str) else value

    @field_validator("DATA_DIR")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("DATABASE_URL")
    @classmethod
    def _database(cls, value: str) -> str:
        if not value:
            return value
        if urlsplit(value).scheme not in {"postgres", "postgresql", "sqlite"}:
            raise ValueError("it must begin with postgres:// or sqlite:///")
        try:
            name = dj_database_url.parse(value)["NAME"]
        except (ValueError, KeyError) as error:
            raise ValueError("it is not a database address") from error
        if name in ("", ":memory:"):
            raise ValueError("it names no database: it must end with one, as in postgres://host/name")
        return value

    @field_validator("REDIS_URL")
    @classmethod
    def _redis(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and parts.scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        _check_port(parts)
        return value

    @field_validator("PUBLIC_URL")
    @classmethod
    def _origin(cls, value: str) -> str:
        """As browsers write an origin: a form is compared with it to the letter."""
        if not value:
            return value
        parts = urlsplit(value.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must be a whole address, such as https://dailies.example")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("it must end after the host: Dailies lives at the root of its address")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        if "@" in parts.netloc or not _HOST.fullmatch(host):
            raise ValueError("its host name holds a character that no host name has")
        port = _check_port(parts)
        return f"{parts.scheme}://{host}" + (
            f":{port}" if port not in {None, _USUAL_PORTS[parts.scheme]} else ""
        )

    @field_validator("SECRET_KEY")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < KEY_MIN:
            raise ValueError(f"it must have at least {KEY_MIN} characters")
        return value

    @field_validator(*_CHOICES)
    @classmethod
    def _choice(cls, value: str, info: ValidationInfo) -> str:
        words = _CHOICES[str(info.field_name)]
        for word in words:
            if word.lower() == value.strip().lower():
                return word
        raise ValueError(f"it must be {', '.join(words[:-1])} or {words[-1]}")


def read_environment() -> Environment:
    """The environment as typed values; a wrong one ends the process with a sentence that names it."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            _sentence(str(one["loc"][0]) if one["loc"] else "environment", one["msg"])
            for one in error.errors()
        ]
        sys.exit("Dailies cannot start.\n" + "\n".join(lines))


def _check_port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError as error:
        raise ValueError("its port is no number from 0 to 65535") from error


def _sentence(name: str, message: str) -> str:
    return f"  {name}: {message.removeprefix('Value error, ')}"


def read_or_make_secret_key(data_dir: Path) -> str:
    """The key kept in `data_dir/secret_key`, made at first use: exclusive, readable by its owner alone."""
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        key = path.read_text().strip()
    except OSError as error:
        sys.exit(f"Dailies cannot start.\n  DATA_DIR: {path} cannot be used: {error.strerror}")
    if len(key) < KEY_MIN:
        sys.exit(
            f"Dailies cannot start.\n  {path} holds no whole key. Restore it from a backup: account keys need it."
        )
    return key


def _write_once(path: Path, text: str) -> None:
    """Linking a finished file into place: two processes at their first start agree on one key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # the other process was first, and its key counts
    finally:
        draft.unlink()
