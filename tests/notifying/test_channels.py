"""What people do with channels, below the pages."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone

from tasks.installation import check_secret_key
from tasks.models import Channel, Delivery, Notice
from tasks.notifying import channels
from tasks.notifying.channels import Terms, make_channel
from tasks.notifying.settling import cut_log
from tasks.notifying.timing import LOG_KEPT
from tasks.secrets import decrypt
from tasks.vocabulary import ChannelKind
from tests.notifying.conftest import person

pytestmark = pytest.mark.django_db

FIRST = "the first secret key, long enough to be one"
SECOND = "the second secret key, long enough to be one"
URL = "https://hooks.example/topicsecret123"


def test_a_new_secret_key_encrypts_addresses_and_secrets_anew() -> None:
    with override_settings(SECRET_KEY=FIRST, SECRET_KEY_FALLBACKS=[]):
        check_secret_key()
        made = make_channel(ChannelKind.WEBHOOK, URL, Terms("Farm"), person())
        channels.renew_secret(made.channel, person())
    with override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[FIRST]):
        check_secret_key()
    with override_settings(SECRET_KEY=SECOND, SECRET_KEY_FALLBACKS=[]):
        row = Channel.objects.get()
        assert row.address == URL
        assert decrypt(row.old_secret_encrypted) == made.secret


def test_there_is_an_end_to_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST", 1)
    make_channel(ChannelKind.WEBHOOK, URL, Terms("One"), person())
    make_channel(ChannelKind.WEBHOOK, URL, Terms("Another's"), person("jonas"))
    with pytest.raises(ValidationError, match="1 channels already"):
        make_channel(ChannelKind.WEBHOOK, URL, Terms("Two"), person())


def test_the_log_ends_after_its_time_but_for_what_is_still_to_be_sent() -> None:
    channel = make_channel(ChannelKind.WEBHOOK, URL, Terms("Farm"), person()).channel
    now = timezone.now()
    old = now - LOG_KEPT - timedelta(minutes=1)
    for due_at, at in ((None, old), (now, old), (None, now)):
        Delivery.objects.create(channel=channel, what="test", payload="", created_at=at, due_at=due_at)
    Notice.objects.create(
        channel=channel, source="event:1", what="task.failed", at=old, created_at=old, gathered_at=old
    )
    Notice.objects.create(channel=channel, source="event:2", what="task.failed", at=old, created_at=old)
    assert cut_log(now) == 2
    assert cut_log(now) == 0
    assert Delivery.objects.count() == 2
    assert Notice.objects.get().source == "event:2"
