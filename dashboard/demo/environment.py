"""The demo's environment: its own data folder, and nothing that leads to the real installation."""

import os

from dashboard.environment import Environment

REAL = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "PUBLIC_URL",
    "MEDIA_STORAGE",
    "MEDIA_DELIVERY",
)
"""Settings that would lead there, and are left out."""


def is_demo() -> bool:
    """Whether this process was started by `serve --demo`."""
    return os.environ.get("DAILIES_DEMO") == "1"


def as_demo(environment: Environment) -> Environment:
    """The same, with `data-demo` beside the data folder, SQLite in it, and no shared channel layer."""
    folder = environment.DATA_DIR
    unset = {name: Environment.model_fields[name].get_default() for name in REAL}
    return environment.model_copy(update=unset | {"DATA_DIR": folder.with_name(f"{folder.name}-demo")})


def ignored() -> list[str]:
    """Names of the settings that are set, but left out in the demo."""
    return [name for name in REAL if os.environ.get(name)]
