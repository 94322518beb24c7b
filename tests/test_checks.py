"""What `manage.py check` and the start of `serve` warn of."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

POSTGRES = "postgres://host/name"
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
Warned = Callable[..., list[CheckMessage]]


@pytest.fixture
def warned(settings: Settings) -> Warned:
    """The warnings with these settings; what is not given is as on a machine where nothing is set."""

    def check(**given: Any) -> list[CheckMessage]:
        read = {"SECRET_KEY": given.pop("OWN_KEY", ""), "DATABASE_URL": given.pop("DATABASE_URL", "")}
        settings.ENVIRONMENT = SimpleNamespace(**read)
        usual = {"DEBUG": False, "LAYER_IS_SHARED": False, "ALLOWED_HOSTS": LOOPBACK, "PUBLIC_URL": ""}
        for name, value in (usual | given).items():
            setattr(settings, name, value)
        return run_checks(tags=["dailies"])

    return check


def test_nothing_is_said_where_nothing_is_set(warned: Warned) -> None:
    assert warned() == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"DEBUG": True}, []),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["dailies.example"]}, ["dailies.W001"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["dailies.W002"]),
        ({"MEDIA_DELIVERY": "accel"}, []),
        ({"MEDIA_DELIVERY": "signed"}, ["dailies.W006"]),
        ({"ALLOWED_HOSTS": ["*"], "PUBLIC_URL": "https://dailies.example"}, []),
        ({"DATABASE_URL": POSTGRES, "LAYER_IS_SHARED": True}, ["dailies.W003"]),
        ({"DATABASE_URL": POSTGRES, "OWN_KEY": "set"}, ["dailies.W004"]),
        ({"DATABASE_URL": POSTGRES, "OWN_KEY": "set", "LAYER_IS_SHARED": True}, []),
        ({"PUBLIC_URL": "https://dailies.example"}, ["dailies.W005"]),
        ({"PUBLIC_URL": "https://dailies.example", "ALLOWED_HOSTS": [".example"]}, []),
        ({"PUBLIC_URL": "http://[::1]:8000"}, []),
    ],
)
def test_a_setting_that_would_fail_silently_is_told(
    warned: Warned, given: dict[str, Any], expected: list[str]
) -> None:
    found = warned(**given)
    assert [one.id for one in found] == expected
    assert all(one.msg and one.hint for one in found)
