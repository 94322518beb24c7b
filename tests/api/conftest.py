import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.people import Role, set_role
from dashboard.tokens import create_token
from tasks.models import Account, Task


class Answer(Protocol):
    """What the test client answers."""

    status_code: int

    @property
    def content(self) -> bytes: ...
    def __getitem__(self, header: str) -> str: ...


@dataclass(frozen=True)
class Program:
    """A program that calls the API with its token."""

    token: str = ""

    def call(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        """`body` is sent as JSON, or as it is when it is bytes."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        where = f"/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        return Client(headers=headers).generic(method, where, raw, content_type="application/json")

    def get(self, path: str, **query: str) -> Answer:
        return self.call("GET", path, **query)

    def post(self, path: str, body: object = None) -> Answer:
        return self.call("POST", path, body)

    def delete(self, path: str, **query: str) -> Answer:
        return self.call("DELETE", path, **query)


def body_of(response: Answer) -> Any:
    """The JSON of an answer, which must say that it is JSON."""
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def error_of(response: Answer) -> tuple[int, str, str | None]:
    """Status, code and field of an error, which must have the one shape."""
    body = body_of(response)
    assert body.keys() == {"error"}
    assert {"code", "message"} <= body["error"].keys() <= {"code", "message", "field"}
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"], body["error"].get("field")


MakeProgram = Callable[..., Program]
MakeTask = Callable[..., Task]


@pytest.fixture
def make_program(db: None) -> MakeProgram:
    def make(role: Role = Role.MEMBER, *, read_only: bool = False, active: bool = True) -> Program:
        user = User.objects.create_user(f"user-{User.objects.count()}", is_active=True)
        set_role(user, role)
        token = create_token(user, "test", read_only=read_only)
        User.objects.filter(pk=user.pk).update(is_active=active)
        return Program(token)

    return make


@pytest.fixture
def program(make_program: MakeProgram) -> Program:
    return make_program()


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.lemondata.cc")


@pytest.fixture
def make_task(account: Account) -> MakeTask:
    def make(**columns: object) -> Task:
        now = timezone.now()
        given: dict[str, Any] = {"account": account, "deadline_at": now, "created_at": now, **columns}
        return Task.objects.create(**given)

    return make
