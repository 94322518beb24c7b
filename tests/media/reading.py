"""Answers read as a server reads them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import AsyncRequestFactory

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 20.0


def ask(method: str = "GET", **headers: str) -> HttpRequest:
    """A request; `if_range` is the header `If-Range`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return AsyncRequestFactory().generic(method, "/file", headers=named)


def in_view(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """As a view calls it, in a thread that may wait."""
    return sync_to_async(function)


def parts_of(response: HttpResponseBase) -> AsyncIterator[bytes]:
    assert isinstance(response, StreamingHttpResponse)
    return aiter(response)


async def body_of(response: HttpResponseBase) -> bytes:
    """The whole body; the answer is closed as a server closes it."""
    try:
        if isinstance(response, HttpResponse):
            return response.content
        return b"".join([part async for part in parts_of(response)])
    finally:
        response.close()


async def first_part_of(response: HttpResponseBase) -> bytes:
    """The first part, then the reader leaves."""
    async with aclosing(cast("AsyncGenerator[bytes, None]", parts_of(response))) as parts:
        return await anext(parts)


async def eventually(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not check():  # noqa: ASYNC110  threads set no events
            await asyncio.sleep(0.01)
