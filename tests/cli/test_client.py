"""What is sent again, what never is, and what is said when nothing helps."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from dashboard.cli.client import PAUSES_S, Client
from dashboard.cli.config import Config
from dashboard.cli.failures import Exit, Failure

TOKEN = "dly_secret"
LATER = httpx.Response(503, json={"error": {"code": "internal", "message": "Try again later."}})
FINE = httpx.Response(200, json={"items": [], "next": None})


@dataclass
class Server:
    """Answers one after the other; an exception is what the connection does instead."""

    answers: list[httpx.Response | Exception]
    asked: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def client(self) -> Client:
        client = Client(Config("http://dailies.example", TOKEN), self.pauses.append)
        client.http = httpx.Client(transport=httpx.MockTransport(self.handle))
        return client


def get(client: Client) -> object:
    return client.get("accounts")


def share(client: Client) -> object:
    return client.post("tasks/x/shares", {}, repeatable=False)


@pytest.mark.parametrize("trouble", [LATER, httpx.ReadTimeout("late"), httpx.ConnectError("nobody")])
def test_what_may_be_repeated_is(trouble: httpx.Response | Exception) -> None:
    server = Server([trouble, FINE])
    assert get(server.client) == {"items": [], "next": None}
    assert server.pauses == [PAUSES_S[0]]


@pytest.mark.parametrize("trouble", [LATER, httpx.ReadTimeout("late")])
def test_what_may_not_be_repeated_never_is(trouble: httpx.Response | Exception) -> None:
    server = Server([trouble, FINE])
    with pytest.raises(Failure) as failed:
        share(server.client)
    assert failed.value.exit_code == Exit.NO_ACCESS
    assert len(server.asked) == 1


def test_a_connection_that_was_never_made_is_tried_again_all_the_same() -> None:
    server = Server([httpx.ConnectError("nobody"), FINE])
    share(server.client)
    assert len(server.asked) == 2


def test_repeated_creations_carry_the_same_key() -> None:
    server = Server([httpx.ReadTimeout("late"), LATER, FINE])
    server.client.post("generations", {"idempotency_key": "one"}, repeatable=True)
    assert len({request.content for request in server.asked}) == 1
    assert len(server.asked) == 3


def test_it_waits_as_long_as_it_is_told() -> None:
    wait = httpx.Response(429, headers={"Retry-After": "7"}, json={})
    server = Server([wait, FINE])
    get(server.client)
    assert server.pauses == [7.0]


def test_it_does_not_wait_for_hours() -> None:
    wait = httpx.Response(429, headers={"Retry-After": "7200"}, json={})
    server = Server([wait, FINE])
    with pytest.raises(Failure):
        get(server.client)
    assert server.pauses == []


def test_it_gives_up_after_a_few_tries_without_telling_the_token() -> None:
    server = Server([httpx.ConnectError(f"Bearer {TOKEN}")] * (len(PAUSES_S) + 1))
    with pytest.raises(Failure) as failed:
        get(server.client)
    assert failed.value.exit_code == Exit.NO_ACCESS
    assert TOKEN not in failed.value.message


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (httpx.Response(401, json={}), Exit.NO_ACCESS, "does not accept the token"),
        (httpx.Response(403, json={"error": {"message": "Ask."}}), Exit.NO_ACCESS, "Ask."),
        (httpx.Response(404, json={"error": {"message": "None."}}), Exit.FAILED, "None."),
        (httpx.Response(400, json={"error": {"message": "No.", "field": "kind"}}), Exit.USAGE, "kind: No."),
        (httpx.Response(301, headers={"Location": "https://x.example"}), Exit.NO_ACCESS, "leads elsewhere"),
        (httpx.Response(200, text="<html>"), Exit.NO_ACCESS, "not as Dailies does"),
        (httpx.Response(200, json=[]), Exit.NO_ACCESS, "not as Dailies does"),
        (httpx.Response(404, text="<html>"), Exit.NO_ACCESS, "404 Not Found, not as Dailies does"),
    ],
)
def test_every_other_answer_is_a_sentence_and_a_code(answer: httpx.Response, code: Exit, words: str) -> None:
    with pytest.raises(Failure) as failed:
        get(Server([answer]).client)
    assert failed.value.exit_code == code
    assert words in failed.value.message


def page(first: int, size: int, following: str | None) -> httpx.Response:
    items = [{"id": number} for number in range(first, first + size)]
    return httpx.Response(200, json={"items": items, "next": following})


@pytest.mark.parametrize(
    ("limit", "answers", "expected"),
    [
        (None, lambda: [page(0, 200, "c"), page(200, 5, None)], 205),
        (201, lambda: [page(0, 200, "c"), page(200, 1, "d")], 201),
        (3, lambda: [page(0, 3, "c")], 3),
    ],
)
def test_pages_are_followed_as_far_as_wanted(
    limit: int | None, answers: Callable[[], list[httpx.Response | Exception]], expected: int
) -> None:
    server = Server(answers())
    assert len(list(server.client.tasks({}, limit))) == expected
    assert server.answers == []
