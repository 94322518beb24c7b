"""Chat and mail: a real service over HTTP on loopback, addresses that stay secret, and what is never reached."""

import asyncio
import io
import logging
import os
import socket
import subprocess
import sys
from datetime import time

import pytest
from aiohttp import web
from django.conf import LazySettings
from django.utils import timezone

from tasks.models import Delivery
from tasks.notifying import chat
from tasks.notifying.channels import try_channel
from tests.notifying.conftest import (
    FAST,
    Receiver,
    account_named,
    chat_to,
    ends,
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


def texts(receiver: Receiver) -> list[str]:
    """Title and text of what ntfy was given."""
    return [f"{one.json.get('title', '')}\n{one.json.get('message', '')}" for one in receiver.sent]


async def test_a_person_is_told_through_a_service(receiver: Receiver) -> None:
    await in_database(chat_to, address_of(receiver))

    def end() -> None:
        account = account_named()
        ends(running(account, "A ridge"))

    await in_database(end)
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
        ("notica://topicsecret123", "notica://…", "Notica"),
        ("pushdeer://topicsecret123", "pushdeer://…", "PushDeer"),
        ("gotify://127.0.0.1:9/abcdefgh1234567", "gotify://127.0.0.1", "Gotify"),
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


def test_the_library_is_loaded_only_where_it_is_used() -> None:
    code = (
        "import django, sys; django.setup();"
        "import tasks.workers, dashboard.urls;"
        "assert 'apprise' not in sys.modules and 'requests_oauthlib' not in sys.modules"
    )
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True, timeout=60)


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
    await Delivery.objects.aupdate(due_at=timezone.now())
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
