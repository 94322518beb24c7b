from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from dashboard.asgi import application
from dashboard.gateway import home as homes
from dashboard.tokens import create_token
from tasks.models import Account
from tests.loopback import Loopback, serving
from tests.poller.conftest import FAST, in_database, make_account

KEY = "sk-test-0123456789abcdef"
"""Of the accounts that `make_account` makes."""


@dataclass
class Script:
    """A program that knows the provider's API, and calls ours with a token in the place of the key."""

    account: Account
    token: str
    user: User
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | self.headers | more.pop("headers", {})
        async with client() as caller:
            return await caller.request(
                method, f"/gateway/{self.account.slug}{path}", headers=headers, **more
            )


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
async def provider() -> AsyncIterator[Loopback]:
    async with serving() as loopback:
        yield loopback


@pytest.fixture
async def home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[homes.Home]:
    monkeypatch.setattr(homes, "Timing", lambda: FAST)
    yield homes.home()
    await homes.close_home()


@pytest.fixture
async def mira(transactional_db: None) -> User:
    made: User = await in_database(User.objects.create_user, "mira", first_name="Mira")
    return made


@pytest.fixture
async def script(provider: Loopback, home: homes.Home, mira: User) -> Script:
    account = await in_database(make_account, provider.url)
    return Script(account, await in_database(create_token, mira), mira)
