"""Files inside a create call's answer are kept when it is tracked: nobody may be there to be asked again."""

import base64
import json
from pathlib import Path

import pytest

from tasks.archive.handed import holding
from tasks.archive.storage import media_storage
from tasks.models import Account, Result, Task
from tasks.providers import PROVIDERS
from tasks.recognition import recognise
from tasks.tracking import Tracked, track
from tasks.vocabulary import Archive, Kind, Status
from tests.archive.archiving import archiving, fresh, is_kept
from tests.archive.stored import PNG, WEBP
from tests.poller.conftest import in_database, make_account, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]


def image_answer(*bodies: bytes) -> dict[str, object]:
    """A LemonData image call that answers at once."""
    return {
        "created": 1_767_225_600,
        "data": [{"b64_json": base64.b64encode(body).decode()} for body in bodies],
        "model": "flux",
    }


@pytest.fixture
def account() -> Account:
    return make_account("http://127.0.0.1:9")


def hand(account: Account, answer: dict[str, object]) -> Tracked:
    adoption = PROVIDERS["lemondata"].parse_created(answer)
    return track(account, holding(adoption, json.dumps(answer).encode()), None)


def test_every_file_of_an_answer_is_kept_at_once(account: Account) -> None:
    task = hand(account, image_answer(PNG, WEBP)).task
    first, second = task.results.all()
    assert is_kept(first, PNG)
    assert is_kept(second, WEBP)
    assert [one.content_type for one in (first, second)] == ["image/png", "image/webp"]
    assert (task.status, task.remote_id, first.kind) == (Status.SUCCEEDED, None, Kind.IMAGE)


async def test_they_are_looked_into_like_any_other(account: Account) -> None:
    task = (await in_database(hand, account, image_answer(PNG))).task

    async def has_poster() -> bool:
        return await Result.objects.filter(task=task, has_poster=True).aexists()

    async with archiving():
        await until(has_poster)
    kept = await Result.objects.aget(task=task)
    assert ((await fresh(kept)).width, kept.inspected_at is not None) == (1, True)


def test_a_pasted_answer_is_kept_too(account: Account) -> None:
    text = "here it is:\n" + json.dumps(image_answer(PNG))
    (found,) = [one for one in recognise(text) if one.candidates]
    candidate = next(one for one in found.candidates if one.provider == "lemondata")
    task = track(account, candidate.adoption, None).task
    assert is_kept(task.results.get(), PNG)


def test_a_file_that_cannot_be_read_loses_no_task(account: Account) -> None:
    answer = image_answer(PNG)
    answer["data"] = [{"b64_json": "no base64!"}]
    (result,) = hand(account, answer).task.results.all()
    assert result.archive == Archive.PENDING


async def test_a_storage_that_is_away_takes_them_later(
    account: Account, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(media_storage()), "path", away)
        task = (await in_database(hand, account, image_answer(PNG))).task
    result = await Result.objects.aget(task=task)
    assert result.archive == Archive.PENDING

    async def kept() -> bool:
        return is_kept(await fresh(result), PNG)

    async with archiving():
        await until(kept)


def test_a_known_task_gets_no_second_copy(account: Account, media: Path) -> None:
    answer = image_answer(PNG) | {"task_id": "img_1", "id": "img_1", "status": "completed"}
    first, again = hand(account, answer), hand(account, answer)
    assert (first.created, again.created, Task.objects.count()) == (True, False, 1)
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
