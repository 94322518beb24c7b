"""Notifications: the pages on which channels are made, tested, changed and looked into."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.people import Role
from tasks.models import AuditEntry, Channel, Delivery, Notice
from tests.pages.visitors import ROLES, field_errors, notices, text_of, visitor

pytestmark = pytest.mark.django_db

SECRET_URL = "http://127.0.0.1:9/hooks/topicsecret123?key=hunter2hunter2"
HOOK = {"name": "Farm", "address": SECRET_URL, "tells": "ended", "tasks_of": "all"}
PHONE = {"name": "Phone", "address": "ntfys://topicsecret123", "tells": "wrong", "tasks_of": "mine"}
WEBHOOK_FORM = reverse("channel-add") + "?kind=webhook"
ACTS = ("channel-test", "channel-pause", "channel-resume", "channel-secret", "channel-delete")


@pytest.fixture
def mira() -> Client:
    return visitor()


def add_hook(client: Client, **more: str) -> Channel:
    client.post(WEBHOOK_FORM, HOOK | more)
    return Channel.objects.get(name=more.get("name", "Farm"))


def page(client: Client, channel: Channel) -> Any:
    return client.get(reverse("channel", args=[channel.pk]))


def logged(channel: Channel, **fields: Any) -> Delivery:
    values: dict[str, Any] = {
        "what": "task.failed",
        "subject": "Failed: A ridge",
        "payload": "{}",
        "created_at": timezone.now(),
        "due_at": None,
    }
    return Delivery.objects.create(channel=channel, **values | fields)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_be_told(role: Role) -> None:
    client = visitor(role)
    text = text_of(client.get(reverse("channels")))
    assert "You have no channel yet" in text
    assert ("The team has no channel yet" in text) == (role is Role.MANAGER)
    assert reverse("channels") in text_of(client.get(reverse("profile")))


def test_a_webhook_shows_its_secret_once_and_its_address_never(mira: Client) -> None:
    answer = mira.post(WEBHOOK_FORM, HOOK)
    channel = Channel.objects.get()
    assert answer.headers["Location"] == reverse("channel", args=[channel.pk])
    first, second = (text_of(page(mira, channel)) for _ in range(2))
    assert "whsec_" in first
    assert "whsec_" not in second
    listing = text_of(mira.get(reverse("channels")))
    for text in (first, second, listing):
        assert "http://127.0.0.1:9" in text
        assert "topicsecret123" not in text
        assert "hunter2" not in text
    assert "Tells of every end of all tasks." in listing
    assert "topicsecret123" not in channel.address_encrypted
    assert channel.address == SECRET_URL
    assert "topicsecret123" not in str(AuditEntry.objects.values_list())


def test_a_chat_channel_tells_what_when_and_where(mira: Client, settings: LazySettings) -> None:
    mira.post(
        reverse("channel-add"), PHONE | {"quiet_from": "22:00", "quiet_to": "07:00", "tells_accounts": "on"}
    )
    channel = Channel.objects.get()
    assert (channel.kind, channel.service, channel.mine_only) == ("chat", "ntfy", True)
    text = text_of(mira.get(reverse("channels")))
    assert "Tells of what goes wrong with your own tasks and of account trouble." in text
    assert "Quiet from 22:00 to 07:00 (UTC)" in text


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        (PHONE | {"address": "syslog://"}, "address", "stays on the machine"),
        (PHONE | {"address": "nothing://x"}, "address", "No service understands"),
        (PHONE | {"address": ""}, "address", "required"),
        (PHONE | {"name": ""}, "name", "required"),
        (PHONE | {"quiet_from": "22:00"}, "quiet_to", "both"),
        (PHONE | {"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet_to", "another time"),
        (PHONE | {"tells": "nothing"}, "tells", "tell nothing"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    mira: Client, form: dict[str, str], field: str, says: str
) -> None:
    answer = mira.post(reverse("channel-add"), form)
    assert says in field_errors(answer)[field]
    assert "topicsecret123" not in text_of(answer)
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "hooks.example",
        "ftp://hooks.example",
        "https://",
        "https://me:key@hooks.example/",
        "https://h/#x",
        "https://h:x/",
    ],
)
def test_a_webhook_is_a_whole_address(mira: Client, address: str) -> None:
    answer = mira.post(WEBHOOK_FORM, HOOK | {"address": address})
    assert "address" in field_errors(answer)


def test_an_edit_keeps_the_address_unless_another_is_entered(mira: Client) -> None:
    channel = add_hook(mira)
    url = reverse("channel", args=[channel.pk])
    mira.post(url, HOOK | {"name": "Render farm", "address": "", "tells": "wrong"})
    channel.refresh_from_db()
    assert (channel.name, channel.tells, channel.address) == ("Render farm", "wrong", SECRET_URL)
    mira.post(url, HOOK | {"address": "https://hooks.example/new"})
    channel.refresh_from_db()
    assert (channel.address, channel.address_hint) == ("https://hooks.example/new", "https://hooks.example")
    answer = mira.post(url, HOOK | {"address": "nonsense"})
    assert "address" in field_errors(answer)
    channel.refresh_from_db()
    assert channel.address_hint == "https://hooks.example"


def test_the_test_button_says_how_it_went(mira: Client, settings: LazySettings) -> None:
    channel = add_hook(mira)
    answer = mira.post(reverse("channel-test", args=[channel.pk]), follow=True)
    assert "NOTIFY_PRIVATE_HOSTS" in notices(answer)[-1]
    settings.NOTIFY_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    answer = mira.post(reverse("channel-test", args=[channel.pk]), follow=True)
    assert "refused the connection" in notices(answer)[-1]
    assert "topicsecret123" not in text_of(answer)
    assert "Given up" in text_of(answer)
    assert Delivery.objects.count() == 2


def test_pause_resume_new_secret_and_delete(mira: Client) -> None:
    channel = add_hook(mira)
    page(mira, channel)
    mira.post(reverse("channel-pause", args=[channel.pk]))
    assert "Paused" in text_of(mira.get(reverse("channels")))
    mira.post(reverse("channel-resume", args=[channel.pk]))
    channel.refresh_from_db()
    assert channel.enabled
    mira.post(reverse("channel-secret", args=[channel.pk]))
    assert "whsec_" in text_of(page(mira, channel))
    logged(channel)
    now = timezone.now()
    Notice.objects.create(channel=channel, source="event:1", what="task.failed", at=now, created_at=now)
    mira.post(reverse("channel-delete", args=[channel.pk]))
    assert not Channel.objects.exists()
    deeds = set(AuditEntry.objects.values_list("deed", flat=True))
    assert deeds == {"channel_added", "channel_changed", "channel_deleted"}


def test_the_log_tells_what_became_of_each_message_with_answers_escaped(mira: Client) -> None:
    channel = add_hook(mira)
    now = timezone.now()
    task_id = channel.pk
    logged(channel, delivered_at=now, attempts=1, sent_at=now, http_status=204)
    logged(
        channel,
        given_up_at=now,
        attempts=13,
        sent_at=now,
        http_status=500,
        answer="<script>alert(1)</script>",
    )
    logged(channel, due_at=now, attempts=2, sent_at=now, trouble="It did not answer.", task_id=task_id)
    text = text_of(page(mira, channel))
    for words in ("Arrived", "HTTP 204", "Given up", "13 attempts", "Trying again", "It did not answer."):
        assert words in text
    assert "<script>alert(1)" not in page(mira, channel).content.decode()
    assert reverse("task", args=[task_id]) in text


def test_a_long_log_has_pages(mira: Client) -> None:
    channel = add_hook(mira)
    for number in range(60):
        logged(channel, subject=f"Message {number}")
    first = page(mira, channel)
    assert len(first.context["lines"]) == 50
    older = mira.get(reverse("channel", args=[channel.pk]), {"cursor": str(first.context["older"])})
    assert len(older.context["lines"]) == 10
    assert page(mira, channel).status_code == 200
    assert mira.get(reverse("channel", args=[channel.pk]), {"cursor": "nonsense"}).status_code == 200


def test_a_message_can_be_sent_once_more(mira: Client) -> None:
    channel = add_hook(mira)
    given_up = logged(channel, given_up_at=timezone.now(), attempts=13)
    answer = mira.post(reverse("delivery-again", args=[channel.pk, given_up.pk]), follow=True)
    given_up.refresh_from_db()
    assert given_up.due_at is not None
    assert (given_up.attempts, given_up.given_up_at) == (0, None)
    assert "is sent once more" in notices(answer)[-1]


def test_a_channel_that_was_turned_off_says_so_and_is_turned_on_again(mira: Client) -> None:
    channel = add_hook(mira)
    now = timezone.now()
    Channel.objects.update(turned_off_at=now, trouble="127.0.0.1 did not take it: HTTP 500.", trouble_at=now)
    text = text_of(page(mira, channel))
    assert "Dailies turned it off" in text
    assert "HTTP 500" in text
    mira.post(reverse("channel-resume", args=[channel.pk]))
    channel.refresh_from_db()
    assert channel.turned_off_at is None


# Whose they are


@pytest.mark.parametrize("role", ROLES)
def test_a_channel_is_its_owner_s_alone(mira: Client, role: Role) -> None:
    channel = add_hook(mira)
    message = logged(channel)
    other = visitor(role, "other")
    assert page(other, channel).status_code == 404
    for name in ACTS:
        assert other.post(reverse(name, args=[channel.pk])).status_code == 404
    assert other.post(reverse("delivery-again", args=[channel.pk, message.pk])).status_code == 404
    assert "Farm" not in text_of(other.get(reverse("channels")))


def test_the_team_s_channels_are_the_managers_(mira: Client) -> None:
    refused = mira.post(WEBHOOK_FORM, HOOK | {"whose": "team"})
    assert refused.status_code == 403
    assert not Channel.objects.exists()
    boss, deputy = visitor(Role.MANAGER, "boss"), visitor(Role.MANAGER, "deputy")
    channel = add_hook(boss, whose="team", tasks_of="mine")
    assert (channel.owner, channel.mine_only) == (None, False)
    assert page(deputy, channel).status_code == 200
    assert page(mira, channel).status_code == 404
    assert "Farm" in text_of(deputy.get(reverse("channels")))


def test_a_message_of_another_channel_is_not_there(mira: Client) -> None:
    mine, other = add_hook(mira), add_hook(visitor(Role.MEMBER, "jonas"), name="Other")
    message = logged(other)
    assert mira.post(reverse("delivery-again", args=[mine.pk, message.pk])).status_code == 404
