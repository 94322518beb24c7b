"""The API as functions: calls that are safe to repeat are repeated, everything else is one sentence."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli.config import Config, read_config
from dashboard.cli.failures import Exit, Failure

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]
PAUSES_S = (0.2, 0.8, 2.0)
"""Between the tries of a call that may be repeated."""
LONGEST_PAUSE_S = 60.0
"""A longer Retry-After is left to the caller."""
TIMEOUT_S = 30.0
PAGE = 200
_NOT_NOW = frozenset({429, 502, 503, 504})
_CODES = {400: Exit.USAGE, 401: Exit.NO_ACCESS, 403: Exit.NO_ACCESS, 413: Exit.USAGE}


@dataclass
class Client:
    """A server with its token. `pause` waits between tries."""

    config: Config
    pause: Callable[[float], None] = time.sleep

    @cached_property
    def http(self) -> "httpx.Client":
        """One connection pool, made for the first call: httpx is what takes longest to import."""
        import httpx

        headers = {"Authorization": f"Bearer {self.config.token}", "User-Agent": "dailies"}
        return httpx.Client(base_url=self.config.url, headers=headers, timeout=TIMEOUT_S)

    def close(self) -> None:
        """Let go of the connections, if any were made."""
        if "http" in self.__dict__:
            self.http.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        return self._call("GET", path, params=dict(params or {}), repeatable=True)

    def post(self, path: str, body: Json, *, repeatable: bool) -> Json:
        """`repeatable`: the same body twice is the same thing once, so that it may be sent again."""
        return self._call("POST", path, json=body, repeatable=repeatable)

    def give(self, name: str, data: bytes) -> Json:
        """Keep a file for tasks to begin from. The same bytes twice are one file, so it may be sent again."""
        return self._call("POST", "inputs", params={"name": name}, content=data, repeatable=True)

    def track(self, body: Json) -> tuple[bool, Json]:
        """Whether the task is new here, and the task. The same call again is harmless."""
        response = self._answer("POST", self._address("tasks"), {"json": body}, repeatable=True)
        return response.status_code == 201, self._read(response)

    def task(self, task_id: str) -> Json:
        return self.get(f"tasks/{task_id}")

    def tasks(self, query: Mapping[str, str], limit: int | None = None) -> Iterator[Json]:
        """Tasks that the query finds, newest first; `limit` of them, all when None."""
        left, cursor = limit, ""
        while left is None or left > 0:
            page = str(min(PAGE, left or PAGE))
            answer = self.get("tasks", {**query, "limit": page} | ({"cursor": cursor} if cursor else {}))
            yield from answer["items"]
            left = None if left is None else left - len(answer["items"])
            cursor = answer["next"] or ""
            if not cursor:
                return

    def _call(self, method: str, path: str, *, repeatable: bool, **options: Any) -> Json:
        return self._read(self._answer(method, self._address(path), options, repeatable=repeatable))

    def _address(self, path: str) -> str:
        return f"{self.config.url}/api/v1/{path}"

    def _read(self, response: "httpx.Response") -> Json:
        """The object it answers; Failure when it refuses, or is no answer of Dailies."""
        if not response.is_success:
            raise self.refusal(response)
        try:
            answer = response.json()
        except ValueError as error:
            raise self._stranger() from error
        if not isinstance(answer, dict):
            raise self._stranger()
        return answer

    def _answer(self, method: str, url: str, options: Json, *, repeatable: bool) -> "httpx.Response":
        """The last try's answer. A connection that was never made may always be tried again."""
        import httpx

        for wait_s in (*PAUSES_S, None):
            try:
                response = self.http.request(method, url, **options)
            except httpx.TransportError as error:
                if wait_s is None or not (repeatable or isinstance(error, httpx.ConnectError)):
                    raise self.unreachable(error) from error
                self.pause(wait_s)
                continue
            named_s = retry_after_s(response)
            is_last = not repeatable or response.status_code not in _NOT_NOW or named_s > LONGEST_PAUSE_S
            if wait_s is None or is_last:
                break
            self.pause(max(wait_s, named_s))
        return response

    def refusal(self, response: "httpx.Response") -> Failure:
        """What an answer that is no success says, for people."""
        status = response.status_code
        if status == 401:
            message = (
                f"{self.config.url} does not accept the token. Make a new one there and run `dailies login`."
            )
            return Failure(message, Exit.NO_ACCESS, status)
        if response.is_redirect:
            return Failure(
                f"{self.config.url} leads elsewhere. Use the address it leads to.", Exit.NO_ACCESS, status
            )
        try:
            error = response.json()["error"]
            message, field = str(error["message"]), error.get("field")
        except (ValueError, KeyError, TypeError):
            return self._stranger(status)
        named = f"{field}: {message}" if field else message
        code = Exit.NO_ACCESS if status == 429 or status >= 500 else _CODES.get(status, Exit.FAILED)
        return Failure(named, code, status)

    def unreachable(self, error: Exception) -> Failure:
        """No answer came. The reason is a word of the transport's, never a request's."""
        reason = type(error).__name__
        return Failure(f"{self.config.url} cannot be reached ({reason}).", Exit.NO_ACCESS)

    def _stranger(self, status: int | None = None) -> Failure:
        said = f" with {status} {_phrase(status)}" if status else ""
        message = f"{self.config.url} answered{said}, not as Dailies does. Is the address right?"
        return Failure(message, Exit.NO_ACCESS, status)


def open_client(config: Config | None = None) -> Client:
    """A client for the command that runs, closed at its end; of the kept server unless another is named."""
    client = Client(config or read_config())
    click.get_current_context().call_on_close(client.close)
    return client


def retry_after_s(response: "httpx.Response") -> float:
    """Seconds that Retry-After names; 0 without a number."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
