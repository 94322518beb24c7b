"""All that match: begun from the list, the gallery and the trash, watched, canceled, undone and reported on."""

import re
from typing import Any, cast
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.utils import timezone

from dashboard.matching import Match
from tasks.batches import beginning
from tasks.models import Account, Batch, Submission, Task
from tasks.vocabulary import BatchAct
from tests.batches.conftest import begun, in_database, work_off, worked_off
from tests.pages.tasks import make
from tests.pages.test_again import made_here
from tests.pages.visitors import notices, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def many(account: Account, count: int = 60, **fields: Any) -> list[Task]:
    return [make(account, title=f"Shot {n}", **fields) for n in range(count)]


def match_on(html: str) -> str:
    found = re.search(r'name="match" value="([^"]*)"', html)
    assert found
    return found[1].replace("&amp;", "&")


def confirmed(client: Client, page: Any, **changes: str) -> Any:
    """The form on the page, sent."""
    html = page.content.decode()
    form = re.search(r'<form[^>]+id="confirm">.*</form>', html, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group()))
    fields = {
        name: value.replace("&amp;", "&") for name, value in fields.items() if name != "csrfmiddlewaretoken"
    }
    return client.post("/batches/new", fields | changes, follow=True)


def test_the_list_offers_all_that_match_only_when_there_are_more(member: Client, account: Account) -> None:
    many(account, 50)
    assert 'name="match"' not in member.get("/?kind=video").content.decode()
    many(account, 10)
    html = member.get("/?kind=video").content.decode()
    assert match_on(html) == "kind=video&archived=no"
    assert "All <b>60</b> that match" in html
    assert member.get(f"/tasks/matching?match={quote(match_on(html))}").content == b"60"
    assert match_on(member.get("/?archived=all").content.decode()) == "all"


def test_a_form_of_the_list_does_it_to_all_pages_in_the_background(member: Client, account: Account) -> None:
    many(account)
    other = make(account, kind="image")
    match = match_on(member.get("/?kind=video").content.decode())
    page = member.post("/tasks/archive", {"match": match, "task": str(other.pk)}, follow=True)
    batch = Batch.objects.get()
    assert page.redirect_chain == [(f"/batches/{batch.pk}", 302)]
    assert "Archiving 60 tasks" in text_of(page)
    assert "0 of 60" in text_of(page)
    assert Task.objects.on_desk().count() == 61
    assert 'data-batches-url="/batches"' in member.get("/").content.decode(), (
        "wherever one goes, the list asks"
    )
    strip = member.get("/batches", headers={"X-Part": "strip"})
    assert "Archiving 60 tasks" in text_of(strip)
    worked_off()
    page = member.get(f"/batches/{batch.pk}")
    assert "60 tasks are archived." in text_of(page)
    assert 'href="/?kind=video&amp;archived=no"' in page.content.decode()
    assert Task.objects.on_desk().get() == other
    assert "Archiving" not in text_of(member.get("/"))
    page = member.post(f"/batches/{batch.pk}/undo", follow=True)
    assert "Unarchiving 60 tasks" in text_of(page)
    worked_off()
    assert Task.objects.on_desk().count() == 61
    assert "It was undone." in text_of(member.get(f"/batches/{batch.pk}"))


def test_everything_in_the_trash_is_restored(member: Client, account: Account) -> None:
    many(account, 51, deleted_at=timezone.now())
    match = match_on(member.get("/trash").content.decode())
    member.post("/tasks/restore", {"match": match})
    worked_off()
    assert Task.objects.tracked().count() == 51


def test_tags_are_asked_for_and_added_to_all(member: Client, account: Account) -> None:
    many(account, 3)
    page = member.get("/tasks/tags?match=kind%3Dvideo")
    assert "Tag all 3 tasks that match" in text_of(page)
    member.post("/tasks/tags", {"match": "kind=video", "add": "night, sea"})
    worked_off()
    assert {tuple(task.tags) for task in Task.objects.all()} == {("night", "sea")}
    page = member.get("/batches/new?match=kind%3Dvideo&act=untag")
    assert "Write a tag first." in text_of(confirmed(member, page))
    confirmed(member, page, tags="night")
    worked_off()
    assert {tuple(task.tags) for task in Task.objects.all()} == {("sea",)}


def test_running_many_again_says_how_many_and_that_each_may_cost(member: Client, account: Account) -> None:
    for name in ("Fjord", "Storm"):
        made_here(account, name)
    make(account, title="Tracked only")
    page = member.get("/tasks/again?match=kind%3Dvideo", follow=True)
    text = text_of(page)
    assert "Run again: 2 tasks" in text
    assert "may charge for it again" in text
    assert "1 other" in text
    assert not Batch.objects.exists()
    for _ in range(2):
        response = confirmed(member, page)
        worked_off()
    assert Batch.objects.count() == 1
    assert Submission.objects.filter(retry_of__isnull=False).count() == 2
    assert "2 tasks are made once more." in text_of(member.get(response.redirect_chain[-1][0]))


def test_more_than_was_agreed_to_is_asked_about_again(member: Client, account: Account) -> None:
    made_here(account, "Fjord")
    page = member.get("/batches/new?match=kind%3Dvideo&act=again")
    made_here(account, "Storm")
    again = confirmed(member, page)
    assert "Meanwhile more tasks match." in text_of(again)
    assert not Batch.objects.exists()
    confirmed(member, again)
    assert Batch.objects.get().total == 2


def test_too_many_are_refused_with_the_limit(
    member: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "MOST", 2)
    many(account, 3)
    said = notices(member.post("/tasks/star", {"match": "kind=video"}, follow=True))
    assert said == ["One time takes at most 2 tasks, and more than these match. Narrow the filter."]
    page = text_of(member.get("/batches/new?match=kind%3Dvideo&act=keep"))
    assert "One time takes at most 2 tasks." in page
    assert "disabled" in page


def test_further_acts_are_offered_for_a_selection_too(member: Client, account: Account) -> None:
    one, _ = many(account, 2)
    page = member.get("/batches/new", {"task": [str(one.pk)], "next": "/?kind=video"})
    assert "Cancel at the provider" in text_of(page)
    page = member.get("/batches/new", {"task": [str(one.pk)], "act": "keep"})
    response = confirmed(member, page, task=str(one.pk))
    assert "Keeping results" in text_of(response)
    assert [str(item.task_id) for item in Batch.objects.get().items.all()] == [str(one.pk)]
    assert notices(member.get("/batches/new", follow=True)) == ["Select tasks first: tick the box of each."]


def test_one_that_goes_on_can_be_canceled(member: Client, account: Account) -> None:
    many(account, 3)
    member.post("/tasks/star", {"match": "kind=video"})
    batch = Batch.objects.get()
    assert "It ends after" in notices(member.post(f"/batches/{batch.pk}/cancel", follow=True))[0]
    worked_off()
    text = text_of(member.get(f"/batches/{batch.pk}"))
    assert "0 tasks are starred" in text or "0 tasks" in text
    assert "3 left as they were" in text
    assert "ended it before its turn." in text
    assert notices(member.post(f"/batches/{batch.pk}/cancel", follow=True)) == ["It has ended already."]


def test_the_report_groups_reasons_and_leads_to_the_tasks(member: Client, account: Account) -> None:
    starred = make(account, title="<b>Star</b>", starred=True)
    make(account)
    batch = begun(BatchAct.STAR, User.objects.get(username="mira"))
    worked_off()
    html = member.get(f"/batches/{batch.pk}").content.decode()
    assert "1 task not: Starred already." in html
    assert f'href="/tasks/{starred.pk}">&lt;b&gt;Star&lt;/b&gt;' in html
    assert f"/batches/{batch.pk}/report.csv" in html


async def test_the_csv_file_names_every_task(async_client: AsyncClient) -> None:
    def prepare() -> tuple[Task, Batch]:
        account = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")
        starred = make(account, starred=True)
        many(account, 600)
        batch = begun(BatchAct.STAR, User.objects.create_user("zoe"))
        async_client.force_login(User.objects.get())
        return starred, batch

    starred, batch = await in_database(prepare)
    await work_off()
    response = await async_client.get(f"/batches/{batch.pk}/report.csv")
    parts = [part async for part in cast("StreamingHttpResponse", response)]
    lines = b"".join(parts).decode("utf-8-sig").splitlines()
    assert lines[0] == "task,outcome,reason,made,address"
    assert len(lines) == 602
    assert f"{starred.pk},not_done,Starred already.,,http://testserver/tasks/{starred.pk}" in lines


def test_a_script_asks_for_what_changes(member: Client, account: Account) -> None:
    many(account, 2)
    batch = begun(BatchAct.STAR, User.objects.get(username="mira"))
    part = member.get(f"/batches/{batch.pk}", headers={"X-Part": "progress"}).content.decode()
    assert part.lstrip().startswith("<section") or "<section" in part
    assert "<html" not in part
    strip = member.get("/batches", headers={"X-Part": "strip"}).content.decode()
    assert "0 of 2" in strip
    assert "<html" not in strip
    assert "Starring 2 tasks" in text_of(member.get("/batches"))


@pytest.mark.parametrize("query", ["status=nonsense", "kind=x", "archived=maybe"])
def test_a_filter_that_is_not_ours_is_not_understood(member: Client, query: str) -> None:
    assert member.post("/tasks/star", {"match": query}).status_code == 400
    assert member.get("/tasks/matching", {"match": query}).status_code == 400


def test_what_cannot_be_done_to_all_says_so(member: Client, account: Account) -> None:
    task = make(account)
    form = {"task": str(task.pk), "match": "kind=video"}
    assert member.get("/results.zip", form).status_code == 400
    assert "select them one by one" in notices(member.get("/shares/new", form, follow=True))[0]


def test_the_way_back_shows_the_same_tasks(account: Account) -> None:
    assert Match("kind=video&archived=no").url == "/?kind=video&archived=no"
    assert Match("kind=video").url == "/?kind=video&archived=all"
    assert Match("trash").url == "/trash"
