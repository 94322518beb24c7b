"""When a file that somebody gave goes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from tasks.archive.storage import input_name, input_poster_name, media_storage
from tasks.caretaker import run_caretaker
from tasks.creating import Wish, create
from tasks.inputs.expiry import remove_unused
from tasks.inputs.limits import KEPT, UNFINISHED_KEPT
from tasks.models import Input, Submission, Task
from tasks.tracking import purge_trash
from tasks.vocabulary import Kind
from tests.inputs.given import picture
from tests.poller.conftest import make_account

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(days=1)


def test_it_goes_some_time_after_its_last_use() -> None:
    row = picture()
    assert remove_unused(row.used_at + KEPT - LATER) == 0
    assert media_storage().exists(input_name(row.pk))
    assert remove_unused(row.used_at + KEPT + LATER) == 1
    assert not Input.objects.exists()
    assert not media_storage().exists(input_name(row.pk))
    assert not media_storage().exists(input_poster_name(row.pk))


def test_it_stays_while_a_call_is_still_to_be_made() -> None:
    row = picture()
    wish = Wish(Kind.VIDEO, {"prompt": "A fox", "image_url": f"dailies:input/{row.pk}"})
    create(make_account("https://api.example"), wish, None)
    late = timezone.now() + KEPT + LATER
    assert remove_unused(late) == 0
    Submission.objects.update(settled_at=timezone.now())
    assert remove_unused(late) == 1


def test_what_was_begun_and_never_finished_goes_too() -> None:
    now = timezone.now()
    Input.objects.create(kind="image", content_type="image/png", bytes=1, sha256="0", created_at=now)
    assert remove_unused(now + UNFINISHED_KEPT / 2) == 0
    assert remove_unused(now + UNFINISHED_KEPT * 2) == 1


def test_a_storage_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    row = picture()
    late = row.used_at + KEPT + LATER
    storage: Any = media_storage()

    def away(_: str) -> None:
        raise OSError("away")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete", away)
        assert remove_unused(late) == 0
    assert not Input.objects.present().exists()
    assert remove_unused(late) == 1
    assert not media_storage().exists(input_name(row.pk))


def test_the_same_file_may_be_given_again_after_it_was_given_up() -> None:
    first = picture()
    Input.objects.update(gone_at=timezone.now())
    again = picture()
    assert again.pk != first.pk
    assert remove_unused(timezone.now()) == 1
    assert Input.objects.get() == again


async def test_the_caretaker_sees_to_it() -> None:
    row = await sync_to_async(picture)()
    await Input.objects.aupdate(used_at=timezone.now() - KEPT - LATER)
    stop = asyncio.Event()
    caring = asyncio.create_task(run_caretaker(stop, every_s=0.02))
    try:
        async with asyncio.timeout(10):
            while await Input.objects.filter(pk=row.pk).aexists():
                pass
    finally:
        stop.set()
        await caring


def test_a_task_is_purged_and_its_file_goes_its_own_way() -> None:
    row = picture()
    wish = Wish(Kind.VIDEO, {"prompt": "A fox", "image_url": f"dailies:input/{row.pk}"})
    task = create(make_account("https://api.example"), wish, None).task
    now = timezone.now()
    Task.objects.filter(pk=task.pk).update(deleted_at=now - timedelta(days=40))
    assert purge_trash(now) == 1
    assert Input.objects.present().get() == row
    assert remove_unused(now + KEPT + LATER) == 1
