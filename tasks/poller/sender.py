"""Sends the questions of one account, with its key, and counts each in its budget."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tasks.asking import Asker, Connection
from tasks.budget import Budget
from tasks.models import Account
from tasks.poller.standing import Standing
from tasks.providers.addresses import AddressRefused
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request
from tasks.secrets import KeyUnreadable
from tasks.transport import Prepared

P = ParamSpec("P")
T = TypeVar("T")

KEY_UNREADABLE = "Its key was encrypted with another secret key. Enter it again."
LARGE_BODY_BYTES = 256 * 1024


class Sender:
    """Of an account as it was last configured. `on_answer` is called whenever a request has ended."""

    def __init__(
        self,
        account: Account,
        asker: Asker,
        standing: Standing,
        budget: Budget,
        on_answer: Callable[[], None],
    ) -> None:
        self._asker = asker
        self._standing = standing
        self._budget = budget
        self._on_answer = on_answer
        self._name = account.provider_module.NAME
        self._clock = asyncio.get_running_loop().time
        self._connection = self._connect(account)
        self.latency_s = 0.0
        """Of the last answer."""

    def _connect(self, account: Account) -> Connection | None:
        try:
            return Connection.of(account)
        except KeyUnreadable:
            self._standing.stop(self._clock(), KEY_UNREADABLE)
            return None

    def build(self, request: Request) -> Prepared:
        if self._connection is None:
            raise ProviderError(ErrorKind.UNAUTHORIZED, KEY_UNREADABLE)
        return self._connection.build(request)

    async def send(self, build: Callable[[], Prepared]) -> Answer:
        """The whole answer. The budget was charged by the caller; the request counts until its answer has ended."""
        begun_s = self._clock()
        try:
            return await self._asker.ask(build(), self._name)
        except AddressRefused as error:
            raise ProviderError(ErrorKind.INVALID, str(error)) from error
        finally:
            ended_s = self._clock()
            self._budget.end(ended_s)
            self.latency_s = ended_s - begun_s
            self._on_answer()

    def refused(self) -> None:
        """The last answer said that its request was one too many."""
        self._budget.refused(self._clock() - self.latency_s)


async def digest(answer: Answer, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Large answers are worked on beside the loop: half a second of JSON would hold up everybody."""
    if len(answer.body) > LARGE_BODY_BYTES:
        return await asyncio.to_thread(function, *args, **kwargs)
    return function(*args, **kwargs)
