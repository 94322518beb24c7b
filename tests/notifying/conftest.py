import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.lifecycle import Change, NewEvent, apply
from tasks.models import Account, Channel, Task
from tasks.notifying.channels import Made, Terms, make_channel
from tasks.notifying.engine import Notifier
from tasks.notifying.sending import Sender
from tasks.notifying.signing import signature
from tasks.notifying.timing import NotifyTiming
from tasks.notifying.webhook import Webhooks
from tasks.vocabulary import ChannelKind, EventType, Status

FAST = NotifyTiming(
    heartbeat_s=0.05,
    dead_after_s=0.5,
    look_s=0.02,
    idle_s=0.05,
    margin_s=0.2,
    bookmark_s=0.0,
    chat_look_s=0.02,
    collect_s=0.0,
    calm_s=0.0,
    settle_s=0.0,
    answer_s=0.3,
    chat_s=5.0,
    stop_s=1.0,
    retry_s=(0.02,) * 50,
    hold_s=0.02,
    longest_hold_s=0.05,
)

Answer = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


@dataclass
class Taken:
    """A message that a receiver was sent."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        """As docs/notifications.md tells receivers to check it."""
        headers = self.headers
        wanted = signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), self.body)
        return wanted in headers["webhook-signature"].split()


@dataclass
class Receiver:
    """A loopback server for webhooks. `answer` decides, given the request and how many came before it."""

    url: str = ""
    sent: list[Taken] = field(default_factory=list)
    accepted: list[Taken] = field(default_factory=list)
    answer: Answer | None = None

    def of(self, task: Task) -> list[str]:
        """The types of the messages of a task that were accepted, in their order."""
        return [
            one.json["type"] for one in self.accepted if one.json.get("task", {}).get("id") == str(task.pk)
        ]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        taken = Taken(headers, await request.read())
        before = len(self.sent)
        self.sent.append(taken)
        response = await self.answer(request, before) if self.answer else web.Response(text="thanks")
        if response.status < 300:
            self.accepted.append(taken)
        return response


@asynccontextmanager
async def receiving(answer: Answer | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer=answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = "http://{}:{}/hook".format(*runner.addresses[0][:2])
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings: LazySettings) -> None:
    settings.NOTIFY_PRIVATE_HOSTS = frozenset({"127.0.0.1"})


def account_named(slug: str = "lemon") -> Account:
    return Account.objects.create(slug=slug, provider="lemondata", base_url="http://127.0.0.1:9")


def person(username: str = "mira") -> User:
    found: User = User.objects.get_or_create(username=username)[0]
    return found


def running(account: Account, title: str = "A ridge", owner: User | None = None, **fields: Any) -> Task:
    now = timezone.now()
    values = {"status": Status.RUNNING, "kind": "video", "created_at": now, "deadline_at": now} | fields
    return Task.objects.create(account=account, title=title, created_by=owner, **values)


def ends(task: Task, status: Status = Status.SUCCEEDED) -> None:
    """As a poller writes it."""
    now, before = timezone.now(), Task.objects.get(pk=task.pk)
    event = NewEvent(EventType.STATUS, "", before.status, status)
    assert apply(task.pk, before.version, Change({"status": status, "finished_at": now}, (event,)), now)


def webhook_to(receiver: Receiver, **terms: Any) -> Made:
    return make_channel(
        ChannelKind.WEBHOOK,
        receiver.url,
        Terms(**({"name": "Farm"} | terms)),
        person(),
        site="https://d.example",
    )


def chat_to(address: str, **terms: Any) -> Channel:
    return make_channel(ChannelKind.CHAT, address, Terms(**({"name": "Phone"} | terms)), person()).channel


@asynccontextmanager
async def notifying(timing: NotifyTiming = FAST, **changes: Any) -> AsyncIterator[Notifier]:
    """A notifier that runs while the block does, and is stopped as a signal would."""
    timing = replace(timing, **changes)
    stop = asyncio.Event()
    async with Webhooks(timing) as webhooks:
        notifier = Notifier(timing, Sender(webhooks, timing))
        run = asyncio.create_task(notifier.run(stop))
        try:
            yield notifier
        finally:
            stop.set()
            await run


async def notify(timing: NotifyTiming = FAST, **changes: Any) -> int:
    """Tell what there is to tell, one time."""
    timing = replace(timing, **changes)
    async with Webhooks(timing) as webhooks:
        return await Notifier(timing, Sender(webhooks, timing)).run_once()


def fresh(channel: Channel) -> Channel:
    return Channel.objects.get(pk=channel.pk)
