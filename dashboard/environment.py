"""Settings from the environment: each one typed, explained, and named when its value is wrong.

The README's table of settings is checked against this class by a test.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import dj_database_url
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

Words = Annotated[list[str], NoDecode]


class Environment(BaseSettings):
    """What a process reads from its environment, once, at start."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    DATA_DIR: Path = Field(ROOT / "data", description="Folder for the database, the secret key and files.")
    DATABASE_URL: str = Field(
        "", description="`postgres://user:password@host/name`; SQLite in `DATA_DIR` when absent."
    )
    REDIS_URL: str = Field(
        "", description="`redis://host:6379/0`; messages stay inside the process when absent."
    )
    SECRET_KEY: str = Field(
        "", description="Signs sessions and encrypts account keys; made and kept in `DATA_DIR` when absent."
    )
    SECRET_KEY_FALLBACKS: Words = Field(
        [], description="Earlier secret keys, comma separated; account keys are re-encrypted at start."
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
    DEBUG: bool = Field(
        default=False, description="Detailed error pages. Never on a machine that others reach."
    )
    LOG_LEVEL: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")

    @field_validator("SECRET_KEY_FALLBACKS", "ALLOWED_HOSTS", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value
        )

    @field_validator("DATA_DIR")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("DATABASE_URL")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"postgres", "postgresql", "sqlite"}:
            raise ValueError("it must begin with postgres:// or sqlite:///")
        if value:
            try:
                dj_database_url.parse(value)
            except (ValueError, KeyError) as error:
                raise ValueError("it is not a database address") from error
        return value

    @field_validator("REDIS_URL")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("PUBLIC_URL")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("it must be a whole address, such as https://dailies.example")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("it must end after the host: Dailies lives at the root of its address")
        return value.rstrip("/")

    @field_validator("SECRET_KEY")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError("it must have at least 32 characters")
        return value

    @field_validator("LOG_LEVEL")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("it must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()


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
    if len(key) < 32:
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
