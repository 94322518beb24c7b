"""An account in trouble: one message when it begins, one when it is over, however many tasks it has."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.transaction import atomic
from django.utils import timezone

from tasks.accounts import pause_account
from tasks.models import Account, Channel, Incident, Notice
from tasks.notifying.gathering import gather_chat, gather_webhook
from tasks.notifying.incidents import watch_accounts
from tasks.vocabulary import Health
from tests.loopback import serving
from tests.notifying.conftest import FAST, Receiver, account_named, notifying, webhook_to
from tests.poller.conftest import account_at, in_database, polling, tracked, until

pytestmark = pytest.mark.django_db

NOW = timezone.now()
PROBE = "/v1/tasks/dailies-connection-test"
SETTLE_S = 15.0


@pytest.fixture
def account() -> Account:
    return account_named()


@pytest.fixture
def channel() -> Channel:
    return Channel.objects.create(name="Phone", kind="chat", tells_accounts=True)


def stands(account: Account, health: Health, since_s: float = 0.0, message: str = "") -> None:
    at = NOW + timedelta(seconds=since_s)
    Account.objects.filter(pk=account.pk).update(health=health, health_at=at, health_message=message)


def watch(at_s: float) -> None:
    watch_accounts(list(Channel.objects.all()), NOW + timedelta(seconds=at_s), SETTLE_S)


def told() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("what", flat=True))


def test_trouble_is_told_once_and_so_is_its_end(channel: Channel, account: Account) -> None:
    stands(account, Health.UNREACHABLE, 0, "Nothing listens there.")
    watch(5)
    assert told() == [], "it has not lasted"
    for at_s in (20, 21, 500):
        watch(at_s)
    assert told() == ["account.trouble"]
    stands(account, Health.OK, 600)
    watch(610)
    assert told() == ["account.trouble"]
    watch(620)
    watch(700)
    assert told() == ["account.trouble", "account.recovered"]
    stands(account, Health.UNREACHABLE, 800)
    watch(900)
    assert told() == ["account.trouble", "account.recovered", "account.trouble"]


def test_trouble_that_flickers_is_one_incident(channel: Channel, account: Account) -> None:
    stands(account, Health.UNREACHABLE, 0)
    watch(20)
    for at_s in range(30, 90, 20):
        stands(account, Health.OK, at_s)
        watch(at_s + 5)
        stands(account, Health.UNREACHABLE, at_s + 10)
        watch(at_s + 12)
    assert told() == ["account.trouble"]


def test_another_trouble_is_another_incident(channel: Channel, account: Account) -> None:
    stands(account, Health.UNREACHABLE, 0)
    watch(20)
    stands(account, Health.UNAUTHORIZED, 30)
    watch(50)
    assert told() == ["account.trouble", "account.trouble"]
    assert Incident.objects.filter(ended_at=None).get().health == Health.UNAUTHORIZED


def test_a_paused_account_is_nobody_s_trouble(channel: Channel, account: Account) -> None:
    stands(account, Health.UNAUTHORIZED, 0)
    watch(20)
    account.refresh_from_db()
    pause_account(account, User.objects.create_user("mira"))
    watch(100)
    assert told() == ["account.trouble"]
    assert not Incident.objects.filter(ended_at=None).exists()


def test_another_process_that_was_first_is_no_trouble(channel: Channel, account: Account) -> None:
    stands(account, Health.UNREACHABLE, 0)
    watch(20)
    (first,) = Incident.objects.all()
    with pytest.raises(IntegrityError), atomic():
        Incident.objects.create(account=account, health=Health.UNREACHABLE, began_at=NOW)
    assert first.ended_at is None


def test_a_person_reads_what_happened_and_what_the_provider_said(channel: Channel, account: Account) -> None:
    stands(account, Health.UNAUTHORIZED, 0, "LemonData refused the key.")
    watch(20)
    assert gather_chat(channel, NOW + timedelta(seconds=60), FAST)
    (delivery,) = channel.deliveries.all()
    assert delivery.subject == "lemon: the key is refused"
    assert "LemonData refused the key." in delivery.payload


def test_a_program_gets_the_account_as_the_api_tells_it(account: Account) -> None:
    hook = Channel.objects.create(name="Farm", kind="webhook", tells_accounts=True)
    stands(account, Health.UNREACHABLE, 0, "Nothing listens there.")
    watch(20)
    gather_webhook(hook, NOW)
    (delivery,) = hook.deliveries.all()
    assert delivery.what == "account.trouble"
    assert '"slug":"lemon"' in delivery.payload
    assert '"health":"unreachable"' in delivery.payload
    assert delivery.subject == "lemon is in trouble"


@pytest.mark.django_db(transaction=True)
async def test_a_refused_key_of_many_tasks_is_told_once_and_so_is_its_return(receiver: Receiver) -> None:
    """A poller finds it out, and a notifier beside it tells."""
    answers = [401]

    async def answer(request: web.Request) -> web.Response:
        if answers[0] == 401:
            return web.json_response({"error": {"code": "invalid_api_key", "message": "no"}}, status=401)
        remote_id = request.path.rpartition("/")[2]
        return web.json_response({"id": remote_id, "task_id": remote_id, "status": "processing"})

    async with serving() as provider:
        await in_database(webhook_to, receiver, tells_accounts=True)
        account = await account_at(provider)
        provider.answers[PROBE] = answer
        for number in range(6):
            provider.answers[f"/v1/tasks/t{number}"] = answer
            await tracked(account, f"t{number}")
        async with polling(), notifying():
            await until(lambda: receiver.accepted)
            await asyncio.sleep(0.1)  # probes are refused meanwhile
            answers[0] = 200
            await until(lambda: len(receiver.accepted) >= 2)
    told = [(one.json["type"], one.json["account"]["health"]) for one in receiver.accepted]
    assert told == [("account.trouble", "unauthorized"), ("account.recovered", "ok")]


def test_nobody_is_told_who_did_not_ask(account: Account) -> None:
    Channel.objects.create(name="Phone", kind="chat")
    stands(account, Health.UNREACHABLE, 0)
    watch(20)
    assert not Incident.objects.exists()
