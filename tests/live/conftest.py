from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.live import timing
from dashboard.live.timing import LiveTiming
from dashboard.tokens import create_token
from tasks.models import Account, Task
from tests.live.sockets import HOST, Headers, Open, opened

QUICK = LiveTiming(
    merge_s=0.02,
    counts_s=0.02,
    look_s=0.05,
    relaxed_look_s=0.05,
    pulse_s=0.05,
    deaf_after_pulses=20,
    retry_s=0.05,
)
STILL = LiveTiming(look_s=600, relaxed_look_s=600, pulse_s=600)
"""Nothing happens by itself: what arrives was published."""

SetTiming = Callable[[LiveTiming], None]
MakeTask = Callable[..., Task]


@pytest.fixture
def set_timing(monkeypatch: pytest.MonkeyPatch) -> SetTiming:
    return lambda durations: monkeypatch.setattr(timing, "TIMING", durations)


@pytest.fixture(autouse=True)
def quick(set_timing: SetTiming) -> None:
    set_timing(QUICK)


@pytest.fixture
def still(set_timing: SetTiming) -> None:
    set_timing(STILL)


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def person(user: User) -> Headers:
    """What the browser of somebody signed in sends."""
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"origin": f"http://{HOST}", "cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}


@pytest.fixture
def token(user: User) -> str:
    return create_token(user, "test")


@pytest.fixture
def program(token: str) -> Headers:
    """What a program with a token sends."""
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def page(person: Headers) -> Open:
    """Opens the socket of a page with this query string."""
    return lambda query: opened(f"/ws/tasks/?{query}", person)


@pytest.fixture
def json_socket(program: Headers) -> Open:
    """Opens the socket of a program; a query string may follow."""
    return lambda query: opened(f"/ws/tasks/?format=json{query}", program)


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.lemondata.cc")


@pytest.fixture
def make_task(account: Account) -> MakeTask:
    """Makes a running task, without telling anybody."""

    def make(**columns: Any) -> Task:
        now = timezone.now()
        given: dict[str, Any] = {
            "account": account,
            "status": "running",
            "deadline_at": now,
            "created_at": now,
        }
        return Task.objects.create(**{**given, **columns})

    return make
