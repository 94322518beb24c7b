"""The `url` of a result, as a program uses it: with the token it read the task with."""

from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from dashboard.people import Role
from tests.api.conftest import MakeProgram, MakeTask, body_of
from tests.archive.stored import PNG, keep
from tests.media.reading import body_of as bytes_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("role", "read_only"), [(Role.VIEWER, True), (Role.MANAGER, False)])
async def test_a_program_fetches_what_it_was_told_of(
    make_program: MakeProgram, make_task: MakeTask, role: Role, read_only: bool
) -> None:
    program = await sync_to_async(make_program)(role, read_only=read_only)
    task = await sync_to_async(make_task)(status="succeeded")
    stored = await sync_to_async(keep)(task)
    (told,) = body_of(await sync_to_async(program.get)(f"tasks/{task.pk}"))["results"]
    assert (told["id"], told["archive"], told["content_type"]) == (str(stored.pk), "stored", "image/png")
    path, headers = urlsplit(told["url"]).path, {"authorization": f"Bearer {program.token}"}
    answer = await AsyncClient().get(path, headers=headers)
    assert answer["ETag"] == f'"{told["sha256"]}"'
    assert int(answer["Content-Length"]) == told["bytes"]
    assert await bytes_of(answer) == PNG
    without = await AsyncClient().get(path)
    assert without["Location"].startswith("/login")
