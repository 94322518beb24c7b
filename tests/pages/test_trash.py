"""The trash: what was stopped, last first, until it is deleted for good."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.paging import Cursor
from tasks.models import Account
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db


def test_the_trash_lists_what_was_stopped_last_first(member: Client, account: Account) -> None:
    now = timezone.now()
    make(account, title="tracked")
    make(account, title="earlier", deleted_at=now - timedelta(days=2))
    last = make(account, title="later", deleted_at=now - timedelta(days=1))
    html = member.get("/trash").content.decode()
    assert re.findall(r'<strong class="cut">([^<]+)<', html) == ["later", "earlier"]
    assert f'action="/tasks/{last.pk}/restore"' in html


def test_the_trash_is_paged_even_when_all_went_at_once(member: Client, account: Account) -> None:
    now = timezone.now()
    for n in range(60):
        make(account, title=f"t{n}", deleted_at=now)
    first = member.get("/trash").content.decode()
    older = re.search(r'href="(/trash\?cursor=[^"]+)"', first)
    assert older
    second = member.get(older.group(1)).content.decode()
    titles = [re.findall(r'<strong class="cut">([^<]+)<', html) for html in (first, second)]
    assert [len(one) for one in titles] == [50, 10]
    assert len(set(titles[0] + titles[1])) == 60


def test_a_viewer_cannot_restore_from_the_trash(viewer: Client, account: Account) -> None:
    make(account, deleted_at=timezone.now())
    assert "Restore" not in viewer.get("/trash").content.decode()


def test_a_bad_cursor_of_the_trash_is_explained(member: Client) -> None:
    assert member.get("/trash?cursor=nope").status_code == 400
    old = Cursor(timezone.now(), uuid4())
    assert member.get(f"/trash?cursor={old}").status_code == 200
