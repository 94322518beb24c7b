"""From a link to the answer at the end of its redirects, with the account's key only where it belongs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx

from tasks.archive.failures import FailureKind, FetchFailed, transient, unreached
from tasks.archive.guard import GuardedTransport
from tasks.archive.limits import Limits
from tasks.archive.links import Link, Source, Standing
from tasks.asking import USER_AGENT
from tasks.transport import AiohttpTransport, exact_request


class Toll(Protocol):
    """Lets requests to the account's own server pass, as its budget allows."""

    async def begin(self) -> None:
        """Wait for room, and count one request."""
        ...

    def end(self) -> None:
        """Its answer has ended."""
        ...


class Free:
    """Of servers that count for no budget."""

    async def begin(self) -> None:
        """At once."""

    def end(self) -> None:
        """Nothing was counted."""


FREE = Free()


@dataclass(frozen=True, slots=True)
class Followed:
    """An answer that is no redirect, its body unread; who asked for it closes it. `server` is its name for people."""

    answer: httpx.Response
    server: str
    keyed: bool
    """Whether it was asked with the account's key."""
    paid: Toll = FREE

    async def aclose(self) -> None:
        """Close the answer; its request has ended."""
        try:
            await self.answer.aclose()
        finally:
            self.paid.end()


class Follower:
    """Asks for files. Make it inside a running loop and close it there.

    `allowed` are pairs of IP address and port that may be asked although they are private.
    """

    def __init__(self, limits: Limits, *, allowed: frozenset[tuple[str, int]] = frozenset()) -> None:
        self._limits = limits
        connect_s = limits.connect_timeout_s
        self._own = AiohttpTransport(connect_timeout_s=connect_s, resend=True)
        self._guarded = GuardedTransport(connect_timeout_s=connect_s, allowed=allowed)

    async def follow(self, source: Source, headers: Mapping[str, str], toll: Toll = FREE) -> Followed:
        """GET with `headers` besides the usual ones and the source's own. FetchFailed when there is no answer."""
        link = Link.of(source)
        for _ in range(self._limits.redirects + 1):
            own = link.standing is Standing.OWN
            keyed = source.headers if own else {}
            paid = toll if own else FREE
            answer = await self._pay_and_ask(paid, link, {**_usual_headers(), **headers, **keyed})
            followed = Followed(answer, link.server, bool(keyed), paid)
            if not answer.has_redirect_location:
                return followed
            await followed.aclose()
            link = link.follow(answer.headers["location"])
        raise FetchFailed(
            FailureKind.REFUSED,
            f"The link was redirected more than {self._limits.redirects} times; it is not followed further.",
        )

    async def aclose(self) -> None:
        await self._own.aclose()
        await self._guarded.aclose()

    async def _pay_and_ask(self, paid: Toll, link: Link, headers: dict[str, str]) -> httpx.Response:
        await paid.begin()
        try:
            return await self._ask(link, headers)
        except BaseException:
            paid.end()
            raise

    async def _ask(self, link: Link, headers: dict[str, str]) -> httpx.Response:
        transport = self._guarded if link.standing is Standing.FOREIGN else self._own
        try:
            async with asyncio.timeout(self._limits.answer_timeout_s):
                return await transport.handle_async_request(exact_request("GET", link.url, headers))
        except TimeoutError:
            raise transient(link.server, "did not answer in time") from None
        except httpx.TransportError as error:
            raise unreached(link.server, error) from error
        except httpx.InvalidURL as error:
            raise FetchFailed(FailureKind.REFUSED, "The link is none that can be followed.") from error


def _usual_headers() -> dict[str, str]:
    return {"accept": "*/*", "accept-encoding": "identity", "user-agent": USER_AGENT}
