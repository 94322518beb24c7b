"""Chat and mail: a real service over HTTP on loopback, addresses that stay secret, and what is never reached."""

import asyncio
import io
import logging
import os
import smtplib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from django.conf import LazySettings
from django.utils import timezone

from tasks.archive.guard import NotPublic
from tasks.models import Account, Channel, Delivery, Notice, Task
from tasks.notifying import chat
from tasks.notifying.channels import Terms, make_channel, try_channel
from tasks.notifying.fence import Fenced, fenced
from tasks.notifying.gathering import gather_chat
from tasks.notifying.reading import Reader
from tasks.vocabulary import ChannelKind, Status
from tests.notifying.conftest import (
    FAST,
    Receiver,
    account_named,
    ends,
    fresh,
    notify,
    person,
    receiving,
    running,
)
from tests.poller.conftest import in_database
from tests.processes import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = ("topicsecret123", "hunter2hunter2")


def address_of(receiver: Receiver) -> str:
    """The receiver as a server of ntfy's, with a login."""
    host = receiver.url.removeprefix("http://").partition("/")[0]
    return f"ntfy://mira:{SECRETS[1]}@{host}/{SECRETS[0]}"


def chat_to(address: str, **terms: Any) -> Channel:
    return make_channel(ChannelKind.CHAT, address, Terms(**({"name": "Phone"} | terms)), person()).channel


def texts(receiver: Receiver) -> list[str]:
    """Title and text of what ntfy was given."""
    return [f"{one.json.get('title', '')}\n{one.json.get('message', '')}" for one in receiver.sent]


async def test_a_person_is_told_through_a_service(receiver: Receiver) -> None:
    await in_database(chat_to, address_of(receiver))

    def two_end() -> None:
        account = account_named()
        ends(running(account, "A ridge"))

    await in_database(two_end)
    assert await notify() == 1
    (text,) = texts(receiver)
    assert text.startswith("Done: A ridge\n")
    assert "lemon" in text
    row = await Delivery.objects.aget()
    assert row.delivered_at is not None
    assert row.subject == "Done: A ridge"
    assert receiver.sent[0].headers["authorization"].startswith("Basic ")


async def test_a_service_that_refuses_is_told_in_words_without_the_address(receiver: Receiver) -> None:
    async def refuses(_: web.Request, __: int) -> web.StreamResponse:
        return web.json_response({"error": f"no {SECRETS[1]}"}, status=403)

    receiver.answer = refuses
    channel = await in_database(chat_to, address_of(receiver))
    out = io.StringIO()
    root = logging.getLogger()
    root.addHandler(handler := logging.StreamHandler(out))
    outcome = await in_database(try_channel, channel, FAST)
    root.removeHandler(handler)
    assert outcome.http_status == 403
    assert "ntfy" in outcome.trouble
    row = await Delivery.objects.aget()
    assert row.given_up_at is not None
    said = out.getvalue() + row.trouble + row.answer + row.payload
    for secret in SECRETS:
        assert secret not in said


async def test_a_test_is_sent_at_once_and_its_outcome_shown(receiver: Receiver) -> None:
    channel = await in_database(chat_to, address_of(receiver), quiet_from=time(0), quiet_to=time(23, 59))
    outcome = await in_database(try_channel, channel, FAST)
    assert outcome.arrived
    assert texts(receiver)[0].startswith("Dailies can reach you")
    assert (await Delivery.objects.aget()).what == "test"


async def test_a_private_service_is_refused_unless_a_setting_allows_it(
    receiver: Receiver, settings: LazySettings
) -> None:
    channel = await in_database(chat_to, address_of(receiver))
    settings.NOTIFY_PRIVATE_HOSTS = frozenset()
    outcome = await in_database(try_channel, channel, FAST)
    assert "NOTIFY_PRIVATE_HOSTS" in outcome.trouble
    assert receiver.sent == []


async def test_a_public_looking_service_cannot_lead_inside_by_a_redirect(receiver: Receiver) -> None:
    """The host is allowed, what it redirects to is not."""
    secret: list[str] = []
    inside = socket.create_server(("127.0.0.2", 0))
    port = inside.getsockname()[1]

    async def redirects(_: web.Request, __: int) -> web.StreamResponse:
        secret.append("asked")
        return web.Response(status=307, headers={"Location": f"http://127.0.0.2:{port}/"})

    receiver.answer = redirects
    channel = await in_database(chat_to, f"{address_of(receiver)}?redirect=yes")
    outcome = await in_database(try_channel, channel, FAST)
    inside.settimeout(0.05)
    with pytest.raises(TimeoutError):
        inside.accept()
    inside.close()
    assert secret
    assert not outcome.arrived


# What an address may be


@pytest.mark.parametrize(
    ("address", "hint", "service"),
    [
        ("ntfys://topicsecret123", "ntfys://…", "ntfy"),
        ("mailtos://mira:hunter2hunter2@mail.example.org", "mailtos://mail.example.org", "E-Mail"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "slack://…", "Slack"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord://…", "Discord"),
        ("tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/12315544/", "tgram://…", "Telegram"),
        ("feishu://abcdefgh1234", "feishu://…", "Feishu"),
        ("dingtalk://0123456789abcdef", "dingtalk://…", "DingTalk"),
        (
            "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
            "discord://…",
            "Discord",
        ),
        ("jsons://hooks.example/path/topicsecret123", "jsons://hooks.example", "JSON"),
    ],
)
def test_only_scheme_and_host_of_an_address_are_ever_shown(address: str, hint: str, service: str) -> None:
    found = chat.look_at(address)
    assert found.hint.lower() == hint
    assert service.lower() in found.name.lower()


@pytest.mark.parametrize("scheme", sorted(chat.LOCAL))
def test_what_stays_on_this_machine_is_refused(scheme: str) -> None:
    with pytest.raises(chat.AddressRefused) as refused:
        chat.look_at(f"{scheme}://localhost/secretpart")
    assert "secretpart" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hello",
        "file:///etc/passwd",
        "unknown://x/secretpart",
        "http://example.org/secretpart",
        "mailto://",
        "ntfy://[",
        "fcm://project/device?keyfile=/etc/secretpart.json",
        "mailtos://mira:hunter2hunter2@mail.example.org?pgp=encrypt&pgppub=/etc/secretpart",
        "two words",
    ],
)
def test_other_wrong_addresses_are_refused_in_words(address: str) -> None:
    with pytest.raises(chat.AddressRefused) as refused:
        chat.look_at(address)
    assert "secretpart" not in str(refused.value)


# The fence


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_inside_the_fence_nothing_private_is_reached(listening: int) -> None:
    here = ("127.0.0.1", listening)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX) as local,
        fenced() as fence,
    ):
        for reach in (
            lambda: socket.create_connection(here, timeout=1),
            lambda: socket.create_connection(("localhost", listening), timeout=1),
            lambda: smtplib.SMTP(*here, timeout=1),
            lambda: datagrams.sendto(b"x", here),
            lambda: local.connect("/var/run/docker.sock"),
        ):
            with pytest.raises(NotPublic):
                reach()
    assert fence.refused_private
    socket.create_connection(here, timeout=1).close()
    with fenced(["127.0.0.1"]):
        socket.create_connection(here, timeout=1).close()


def test_inside_the_fence_there_are_no_files_and_programs(tmp_path: Path) -> None:
    secret = tmp_path / "key.json"
    secret.write_text("{}")
    with fenced():
        for reach in (
            secret.read_text,
            lambda: (tmp_path / "new").write_text("x"),
            lambda: Path("/proc/self/environ").read_bytes(),
            lambda: subprocess.run(["true"], check=True),
            lambda: os.system("true"),
        ):
            with pytest.raises(Fenced):
                reach()
        assert Path(os.__file__).read_text()
    assert secret.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [secret]


def test_other_threads_know_no_fence(listening: int) -> None:
    done: list[bool] = []

    def reach() -> None:
        socket.create_connection(("127.0.0.1", listening), timeout=1).close()
        done.append(True)

    thread = threading.Thread(target=reach)
    gate = threading.Event()

    def reach_later() -> None:
        gate.wait(5)
        reach()

    waiting = threading.Thread(target=reach_later)
    waiting.start()
    with fenced():
        gate.set()
        waiting.join(5)
    thread.start()
    thread.join(5)
    assert done == [True, True]


def test_the_library_is_loaded_only_where_it_is_used() -> None:
    code = (
        "import django, sys; django.setup();"
        "import tasks.workers, dashboard.urls;"
        "assert 'apprise' not in sys.modules and 'requests_oauthlib' not in sys.modules"
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True, timeout=60)


# Batches, windows and quiet hours: clocks are passed in


@pytest.fixture
def channel(db: None) -> Channel:
    return chat_to("json://127.0.0.1:9/path")


@pytest.fixture
def account(db: None) -> Account:
    return account_named()


NOW = timezone.now()


def read(now: datetime) -> None:
    Reader(60.0, 10.0).read(list(Channel.objects.all()), now, 0.0)


def gather(channel: Channel, now: datetime) -> bool:
    return gather_chat(fresh(channel), now, replace(FAST, collect_s=8.0, calm_s=60.0, batch_s=1800.0))


def titles() -> list[str]:
    return list(Delivery.objects.order_by("created_at", "id").values_list("subject", flat=True))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def started(account: Account, count: int, gap_s: float = 1.0, **fields: Any) -> list[Task]:
    """Tasks that one person began, one after the other."""
    return [
        running(
            account, f"Shot {n}", person(), created_at=NOW + timedelta(seconds=n * gap_s - 7200), **fields
        )
        for n in range(count)
    ]


def test_what_ends_within_a_moment_is_one_message(channel: Channel, account: Account) -> None:
    for task in started(account, 3, gap_s=60.0):
        ends(task)
    read(NOW)
    assert not gather(channel, after(5))
    assert gather(channel, after(9))
    assert titles() == ["3 done"]
    assert not gather(channel, after(10))


def test_after_a_message_there_is_calm(channel: Channel, account: Account) -> None:
    for number, task in enumerate(started(account, 40, gap_s=60.0)):
        ends(task)
        read(after(number))
        gather(channel, after(number + 9))
        Delivery.objects.update(due_at=None)  # it has arrived
    gather(channel, after(200))
    assert len(titles()) == 2
    assert titles()[0] == "Done: Shot 0"


def test_tasks_started_together_are_told_when_all_are_done(channel: Channel, account: Account) -> None:
    batch = started(account, 24)
    for number, task in enumerate(batch[:-1]):
        ends(task, Status.FAILED if number in {3, 7} else Status.SUCCEEDED)
    read(NOW)
    assert not gather(channel, after(1000))
    ends(batch[-1])
    read(after(1001))
    assert gather(channel, after(1002))
    assert titles() == ["24 tasks started together: 22 done, 2 failed"]
    payload = Delivery.objects.get().payload
    assert payload.index("Failed: Shot 3") < payload.index("Done: Shot")
    assert "12 more" in payload


def test_a_task_that_never_ends_does_not_hold_the_others_for_good(channel: Channel, account: Account) -> None:
    batch = started(account, 3)
    for task in batch[:2]:
        ends(task)
    read(NOW)
    assert not gather(channel, after(1799))
    assert gather(channel, after(1801))
    assert titles() == ["3 tasks started together: 2 done, 1 still under way"]


def test_a_batch_that_waits_holds_up_no_other_task(channel: Channel, account: Account) -> None:
    waiting = started(account, 2)
    alone = running(account, "Alone", person("jonas"))
    ends(waiting[0])
    ends(alone)
    read(NOW)
    assert gather(channel, after(9))
    assert titles() == ["Done: Alone"]
    assert Notice.objects.filter(gathered_at=None).count() == 1


def test_a_channel_for_failures_tells_how_the_whole_batch_ended(account: Account) -> None:
    channel = chat_to("json://127.0.0.1:9/path", tells="wrong")
    batch = started(account, 3)
    ends(batch[0], Status.FAILED)
    for task in batch[1:]:
        ends(task)
    read(NOW)
    assert gather(channel, after(9))
    assert titles() == ["3 tasks started together: 2 done, 1 failed"]


def test_the_night_is_told_in_the_morning(account: Account, settings: LazySettings) -> None:
    channel = chat_to("json://127.0.0.1:9/path", quiet_from=time(22), quiet_to=time(7))
    midnight = datetime(2030, 1, 1, tzinfo=UTC)
    for number, task in enumerate(started(account, 5, gap_s=60.0)):
        ends(task, Status.FAILED if number == 2 else Status.SUCCEEDED)
        read(midnight + timedelta(hours=number))
        assert not gather(channel, midnight + timedelta(hours=number, minutes=30))
    assert not gather(channel, midnight + timedelta(hours=6, minutes=59))
    assert gather(channel, midnight + timedelta(hours=7))
    assert titles() == ["While it was quiet: 4 done, 1 failed"]


def test_a_task_that_is_gone_is_not_told(channel: Channel, account: Account) -> None:
    task = running(account)
    ends(task)
    read(NOW)
    Task.objects.update(deleted_at=NOW)
    assert not gather(channel, after(9))
    assert titles() == []
    assert not Notice.objects.filter(gathered_at=None).exists()


async def test_messages_of_one_channel_go_out_one_by_one(receiver: Receiver) -> None:
    async with receiving() as other:
        await in_database(chat_to, address_of(receiver))
        await in_database(chat_to, address_of(other))

        def end() -> None:
            ends(running(account_named()))

        await in_database(end)
        assert await notify() == 2
        assert len(texts(receiver)) == len(texts(other)) == 1


async def test_after_an_outage_there_is_one_message_and_no_flood(receiver: Receiver) -> None:
    answers = [web.Response(status=500), web.Response()]

    async def fails_first(_: web.Request, __: int) -> web.StreamResponse:
        return answers.pop(0) if answers else web.Response()

    receiver.answer = fails_first
    await in_database(chat_to, address_of(receiver))
    account = await in_database(account_named)

    def end(title: str) -> None:
        jonas = person(title)
        ends(running(account, title, jonas))

    for number in range(5):
        await in_database(end, f"Shot {number}")
        await notify(retry_s=(3600.0,))
    assert await Delivery.objects.acount() == 1
    await Delivery.objects.aupdate(due_at=NOW)
    await notify()
    await notify()
    assert [text.partition("\n")[0] for text in texts(receiver)] == ["Done: Shot 0", "Done: Shot 0", "4 done"]


async def test_mail_is_sent_over_smtp_to_a_host_that_a_setting_allows() -> None:
    """A server of one's own on loopback, without encryption."""
    got: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail")
        in_data = False
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            while in_data and line != ".":
                got.append(line)
                line = (await reader.readline()).decode().rstrip("\r\n")
            word = line.partition(" ")[0].upper()
            in_data = word == "DATA"
            say({"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 ok"))
            if word == "QUIT":
                break
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        address = f"mailto://127.0.0.1:{port}?from=dailies@example.org&to=mira@example.org"
        channel = await in_database(chat_to, address)
        assert channel.address_hint == "mailto://127.0.0.1"
        outcome = await in_database(try_channel, channel, FAST)
    assert outcome.trouble == ""
    assert "To: mira@example.org" in got
    assert any("Dailies can reach you" in line for line in got)
