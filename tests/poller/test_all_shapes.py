"""Every fixture of the providers, served over HTTP and asked by the real poller: each task ends as its file says."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tasks.models import Account, Task
from tasks.providers import PROVIDERS
from tasks.providers.addresses import poll_address
from tasks.providers.contract import Adoption, ErrorKind, ProviderError
from tasks.tracking import track
from tasks.vocabulary import Status
from tests.loopback import Loopback
from tests.poller.conftest import account_at, in_database, polling, until
from tests.providers.shapes import FIXTURES, Shape, shapes

pytestmark = pytest.mark.django_db(transaction=True)

TOLD_BY_HEALTH = {ErrorKind.UNAUTHORIZED: "unauthorized", ErrorKind.LIMITED: "limited"}


def named_shapes(provider: str, call: str) -> dict[str, Shape]:
    found = {str(one.id): one.values[0] for one in shapes(provider)}
    return {name: shape for name, shape in found.items() if shape.call == call}


def expected(shape: Shape) -> str:
    """The status its task comes to; for an answer that tells nothing of the task, how that shows."""
    try:
        status = PROVIDERS[shape.provider].parse_task(shape.answer, shape.ref).status
    except ProviderError as error:
        if error.kind in {ErrorKind.NOT_FOUND, ErrorKind.MISSING}:
            return "lost"
        held = "limited" if error.retry_after_s else ""
        return "queued, account " + (TOLD_BY_HEALTH.get(error.kind) or held or "ok")
    told = shape.expect["snapshot"].get("status", status)
    assert told == status
    return f"{status or Status.QUEUED}"


async def reached(task: Task) -> str:
    now = await Task.objects.select_related("account").aget(pk=task.pk)
    health = now.account.health.replace("unreachable", "ok")  # what a third failure in a row is called
    told = health != "ok" or await now.events.filter(type="problem").aexists()
    return f"queued, account {health}" if now.status == "queued" and told else now.status


def serve_shape(provider: Loopback, prefix: str, shape: Shape) -> None:
    """Below a base URL of its own, so that one account's trouble is no other's."""
    target = PROVIDERS[shape.provider].poll_request(shape.ref).target
    address = poll_address(provider.url + prefix, target)

    async def answer(_: web.Request) -> web.Response:
        headers = {name: value for name, value in shape.answer.headers.items() if name != "content-length"}
        return web.Response(status=shape.answer.status_code, body=shape.answer.body, headers=headers)

    provider.answers[address.removeprefix(provider.url).partition("?")[0]] = answer


async def tracked_at(provider: Loopback, name: str, shape: Shape) -> Task:
    serve_shape(provider, f"/{name}", shape)
    account = await account_at(provider, name, shape.provider)
    await Account.objects.filter(pk=account.pk).aupdate(base_url=f"{provider.url}/{name}")
    account = await Account.objects.aget(pk=account.pk)
    ref = shape.ref
    adoption = Adoption(ref.remote_id, poll_url=ref.poll_url, kind=ref.kind, model=ref.model)
    task: Task = (await in_database(track, account, adoption, None)).task
    return task


@pytest.mark.parametrize("name", list(PROVIDERS))
async def test_every_polled_shape_ends_as_its_file_says(provider: Loopback, name: str) -> None:
    found = named_shapes(name, "task")
    tasks = {key: await tracked_at(provider, key, shape) for key, shape in found.items()}
    wanted = {key: expected(shape) for key, shape in found.items()}
    seen: dict[str, str] = {}

    async def all_told() -> bool:
        seen.update({key: await reached(task) for key, task in tasks.items() if seen.get(key) != wanted[key]})
        asked = {path.path.split("/")[1] for path in provider.asked}
        return asked == set(found) and seen == wanted

    async with polling(request_timeout_s=5.0):
        try:
            await until(all_told)
        except TimeoutError:
            assert seen == wanted


@pytest.mark.parametrize("name", list(PROVIDERS))
async def test_every_created_shape_is_tracked_as_it_stands(name: str) -> None:
    for key, shape in named_shapes(name, "created").items():
        if "error" in shape.expect:
            continue
        account = await Account.objects.acreate(slug=key, provider=name, base_url="https://a.example")
        adoption = PROVIDERS[name].parse_created(shape.body)
        task = (await in_database(track, account, adoption, None)).task
        status = adoption.snapshot.status if adoption.snapshot else Status.QUEUED
        assert task.status == (status or Status.QUEUED), key
        assert (task.next_poll_at is None) == task.is_final, key
        files = adoption.snapshot.files if adoption.snapshot else ()
        assert await task.results.acount() == len(files), key


def test_every_fixture_is_among_them() -> None:
    named: dict[str, Any] = {
        name: [json.loads(path.read_text()) for path in _files(name)] for name in PROVIDERS
    }
    for name, data in named.items():
        calls = [one["call"] for one in data]
        assert calls
        assert len(calls) == sum(len(named_shapes(name, call)) for call in ("task", "created", "list"))


def _files(provider: str) -> list[Path]:
    return sorted((FIXTURES / provider).glob("*.json"))
