"""A result's addresses: who gets its bytes, and what everybody else is told."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponseBase
from django.test import AsyncClient, Client
from django.utils import timezone

from dashboard.people import Role
from dashboard.tokens import create_token
from tasks.models import Account, Result, Task
from tasks.vocabulary import Archive, Status
from tests.archive.stored import PNG, WEBP, keep
from tests.media.reading import body_of
from tests.pages.tasks import make
from tests.pages.visitors import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def task(account: Account) -> Task:
    return make(account, status=Status.SUCCEEDED, title="Red fox")


@pytest.fixture
def stored(task: Task) -> Result:
    return keep(task)


@pytest.fixture
def viewer() -> AsyncClient:
    client = AsyncClient()
    client.force_login(person(Role.VIEWER))
    return client


@pytest.fixture
def token(task: Task) -> str:
    return create_token(User.objects.create_user("robot"), "script", read_only=True)


async def get(client: AsyncClient, path: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get(path, headers=named)


async def test_a_viewer_sees_it(viewer: AsyncClient, stored: Result) -> None:
    response = await get(viewer, f"/results/{stored.pk}")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Disposition"].startswith('inline; filename="')
    assert response["Content-Disposition"].endswith('_lemondata_red-fox.png"')
    assert await body_of(response) == PNG


async def test_ranges_conditions_and_head(viewer: AsyncClient, stored: Result) -> None:
    path, etag = f"/results/{stored.pk}", f'"{stored.sha256}"'
    part = await get(viewer, path, range="bytes=4-7", if_range=etag)
    assert (part.status_code, await body_of(part)) == (206, PNG[4:8])
    assert (await get(viewer, path, range=f"bytes={len(PNG)}-")).status_code == 416
    assert (await get(viewer, path, if_none_match=etag)).status_code == 304
    head = await viewer.head(path)
    assert (head.status_code, head["Content-Length"], head["ETag"]) == (200, str(len(PNG)), etag)


def test_no_database_connection_is_held_while_it_is_read(stored: Result) -> None:
    client = Client()
    client.force_login(person(Role.VIEWER))
    answer = client.get(f"/results/{stored.pk}")
    assert connection.connection is None
    answer.close()


async def test_it_is_saved_on_request(viewer: AsyncClient, stored: Result) -> None:
    response = await get(viewer, f"/results/{stored.pk}?download=1")
    assert response["Content-Disposition"].startswith("attachment; ")
    response.close()


async def test_a_poster_is_kept_under_the_address_of_its_version(viewer: AsyncClient, stored: Result) -> None:
    versioned = await get(viewer, f"/results/{stored.pk}/poster?v=5f1d")
    assert versioned["Cache-Control"] == "private, max-age=31536000, immutable"
    assert (versioned["Content-Type"], await body_of(versioned)) == ("image/webp", WEBP)
    plain = await get(viewer, f"/results/{stored.pk}/poster", if_none_match=versioned["ETag"])
    assert (plain.status_code, plain["Cache-Control"]) == (304, "private, no-cache")


async def test_a_program_reads_it_with_its_token(stored: Result, token: str) -> None:
    for path in (f"/results/{stored.pk}", f"/results/{stored.pk}/poster"):
        response = await get(AsyncClient(), path, authorization=f"Bearer {token}", range="bytes=0-3")
        assert (response.status_code, len(await body_of(response))) == (206, 4)
        refused = await get(AsyncClient(), path, authorization="Bearer dly_wrong")
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_disabled_person_s_token_reads_nothing(stored: Result, token: str) -> None:
    await User.objects.filter(username="robot").aupdate(is_active=False)
    response = await get(AsyncClient(), f"/results/{stored.pk}", authorization=f"Bearer {token}")
    assert response.status_code == 401


async def test_a_proxy_with_a_password_of_its_own_hides_no_result(
    viewer: AsyncClient, stored: Result
) -> None:
    response = await get(viewer, f"/results/{stored.pk}", authorization="Basic dXNlcjpwYXNz")
    assert await body_of(response) == PNG


@pytest.mark.parametrize("page", ["", "/poster"])
async def test_strangers_sign_in_first(stored: Result, page: str) -> None:
    response = await get(AsyncClient(), f"/results/{stored.pk}{page}")
    assert response["Location"].startswith("/login?next=")


@pytest.mark.parametrize("page", ["", "/poster"])
async def test_what_lies_in_the_trash_is_not_there(
    viewer: AsyncClient, stored: Result, token: str, page: str
) -> None:
    await Task.objects.aupdate(deleted_at=timezone.now())
    assert (await get(viewer, f"/results/{stored.pk}{page}")).status_code == 404
    by_token = await get(AsyncClient(), f"/results/{stored.pk}{page}", authorization=f"Bearer {token}")
    assert by_token.status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"archive": Archive.EXPIRED}, 410, "no longer has this file"),
        ({"inline": True}, 404, "inside its answer"),
        ({"remote_url": "javascript:alert(1)"}, 404, "no web address"),
    ],
)
async def test_what_cannot_be_had_says_why(
    viewer: AsyncClient, task: Task, token: str, fields: dict[str, Any], status: int, words: str
) -> None:
    found = await Result.objects.acreate(task=task, position=0, kind="video", **fields)
    page = await get(viewer, f"/results/{found.pk}")
    assert (page.status_code, page["Cache-Control"]) == (status, "no-store")
    assert words in page.content.decode()
    assert f'href="/tasks/{task.pk}"' in page.content.decode()
    answer = await get(AsyncClient(), f"/results/{found.pk}", authorization=f"Bearer {token}")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == "not_found"
    assert words in answer.json()["error"]["message"]


async def test_a_result_without_a_poster_has_none(viewer: AsyncClient, task: Task) -> None:
    found = await sync_to_async(keep)(task, poster=None)
    assert (await get(viewer, f"/results/{found.pk}/poster")).status_code == 404


@pytest.fixture
def three(task: Task, account: Account) -> list[Result]:
    """Two results of one task, one of another."""
    return [keep(task), keep(task, position=1), keep(make(account, title="Owl"))]


async def names_in_zip(response: HttpResponseBase) -> list[str]:
    body = await body_of(response)
    assert len(body) == int(response["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return [name.partition("_lemondata_")[2] for name in archive.namelist()]


async def test_chosen_results_come_as_one_zip(viewer: AsyncClient, three: list[Result]) -> None:
    response = await get(viewer, f"/results.zip?id={three[1].pk}&id={three[2].pk}")
    assert response["Content-Disposition"].endswith('_dailies_2-results.zip"')
    assert await names_in_zip(response) == ["red-fox-2.png", "owl.png"]


async def test_a_whole_task_comes_as_one_zip(three: list[Result], token: str) -> None:
    path, headers = f"/results.zip?task={three[0].task_id}", {"authorization": f"Bearer {token}"}
    response = await get(AsyncClient(), path, **headers)
    assert response["Content-Disposition"].endswith('_lemondata_red-fox.zip"')
    assert await names_in_zip(response) == ["red-fox.png", "red-fox-2.png"]
    head = await AsyncClient().head(path, headers=headers)
    assert head["Content-Length"] == response["Content-Length"]


async def test_a_zip_holds_nothing_out_of_the_trash(viewer: AsyncClient, three: list[Result]) -> None:
    await Task.objects.filter(title="Owl").aupdate(deleted_at=timezone.now())
    response = await get(viewer, "/results.zip?" + "&".join(f"id={one.pk}" for one in three))
    assert await names_in_zip(response) == ["red-fox.png", "red-fox-2.png"]
    assert (await get(viewer, f"/results.zip?id={three[2].pk}")).status_code == 404
    assert (await get(viewer, f"/results.zip?task={three[2].task_id}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 404, "None of these results is here any more."),
        ("id=x", 400, "no UUID"),
        ("&".join(f"id={UUID(int=1)}" for _ in range(201)), 400, "at most 200 results"),
        (f"id={UUID(int=1)}", 404, "None of these results is here any more."),
    ],
)
async def test_a_zip_that_cannot_be_made_says_why(
    viewer: AsyncClient, token: str, query: str, status: int, words: str
) -> None:
    page = await get(viewer, f"/results.zip?{query}")
    assert page.status_code == status
    assert words in page.content.decode()
    answer = await get(AsyncClient(), f"/results.zip?{query}", authorization=f"Bearer {token}")
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


async def test_a_task_of_too_many_results_is_no_zip(viewer: AsyncClient, task: Task) -> None:
    await Result.objects.abulk_create(Result(task=task, position=at, kind="image") for at in range(201))
    assert (await get(viewer, f"/results.zip?task={task.pk}")).status_code == 400


async def test_results_that_are_not_saved_yet_are_no_zip(viewer: AsyncClient, task: Task) -> None:
    found = await Result.objects.acreate(task=task, position=0, kind="video")
    page = await get(viewer, f"/results.zip?id={found.pk}")
    assert page.status_code == 404
    assert "None of these files is saved yet." in page.content.decode()
