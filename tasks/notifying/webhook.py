"""Sends a webhook: one POST, answered in time by any 2xx. Redirects are not followed, private addresses refused."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
import httpx
from django.conf import settings
from multidict import CIMultiDict

from tasks.archive.guard import GuardedTransport, was_guarded
from tasks.mishaps import mishap_of
from tasks.notifying.outcome import ANSWER_MAX, Outcome
from tasks.notifying.signing import signed_headers
from tasks.notifying.timing import DAY, NotifyTiming
from tasks.providers.masks import mask_secrets
from tasks.storable import clean
from tasks.transport import AiohttpTransport, prepare

EXCERPT_BYTES = 2_000
EXCERPT_S = 1.0
"""The status decides; of a body that dribbles in we take what there is."""
GONE = 410
IN_PRIVATE = (
    "It leads into a private network, so nothing was sent."
    " Whoever runs Dailies can allow its host in NOTIFY_PRIVATE_HOSTS."
)


class Webhooks:
    """Sends many at a time. Make it inside a running loop and close it there."""

    def __init__(self, timing: NotifyTiming) -> None:
        self._timing = timing
        self._public = GuardedTransport(connect_timeout_s=timing.connect_s)
        self._own = AiohttpTransport(connect_timeout_s=timing.connect_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await asyncio.gather(self._public.aclose(), self._own.aclose())

    async def send(self, url: str, secrets: Sequence[str], message_id: str, body: bytes) -> Outcome:
        """One attempt. Whatever goes wrong is in the outcome."""
        headers = CIMultiDict(
            {"Content-Type": "application/json", "User-Agent": "Dailies"}
            | signed_headers(secrets, message_id, int(time.time()), body)
        )
        host = urlsplit(url).hostname or ""
        transport = self._own if host in settings.NOTIFY_PRIVATE_HOSTS else self._public
        try:
            async with asyncio.timeout(self._timing.answer_s):
                response = await transport.send(prepare("POST", url, headers, body))
        except TimeoutError:
            return Outcome(f"{host} did not answer within {self._timing.answer_s:g} s.")
        except httpx.TransportError as error:
            return Outcome(IN_PRIVATE if was_guarded(error) else _no_answer(host, error))
        try:
            return _judge(response, await _excerpt(response), host)
        finally:
            response.close()


def _no_answer(host: str, error: httpx.TransportError) -> str:
    mishap = mishap_of(error.__cause__)
    lead = f"{host} could not be asked" if mishap.ours else f"{host} gave no answer"
    return f"{lead}: {mishap.happened}."


def _judge(response: aiohttp.ClientResponse, answer: str, host: str) -> Outcome:
    status = response.status
    if 200 <= status < 300:
        return Outcome("", status, answer)
    if 300 <= status < 400:
        trouble = (
            f"{host} redirects (HTTP {status}), which is not followed. Enter the address that it leads to."
        )
    elif status == GONE:
        trouble = f"{host} says that it wants no more messages (HTTP {status})."
    else:
        trouble = f"{host} did not take it: HTTP {status}."
    return Outcome(trouble, status, answer, _wait_s(response), is_gone=status == GONE)


def _wait_s(response: aiohttp.ClientResponse) -> float | None:
    """Retry-After in seconds; as a date it is left to our own gaps."""
    told = response.headers.get("Retry-After", "")
    return min(float(told), DAY) if told.isascii() and told.isdigit() else None


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    """How the body begins, as far as it is text."""
    if "content-encoding" in response.headers:
        return ""
    found = b""
    try:
        async with asyncio.timeout(EXCERPT_S):
            while len(found) < EXCERPT_BYTES and (chunk := await response.content.read(EXCERPT_BYTES)):
                found += chunk
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
    text = found[:EXCERPT_BYTES].decode("utf-8", "replace")
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return clean(mask_secrets(" ".join(shown.split())), ANSWER_MAX)
