"""From a reference in the parameters to what the provider is sent: a link, or the bytes; or nothing at all."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from django.utils import timezone

from tasks.archive.storage import input_name, media_storage
from tasks.creating import Wish, create, create_all, twin_of
from tasks.inputs import checking, handing
from tasks.inputs.links import read
from tasks.models import Account, Input, RawAnswer, Submission, Task
from tasks.providers.forms import BadParams
from tasks.vocabulary import Kind
from tests.archive.stored import PNG, keep
from tests.inputs.given import picture, png, sound
from tests.loopback import Loopback
from tests.poller.conftest import account_at, fresh, in_database, make_account
from tests.submitting.conftest import VIDEOS, provider, submit, wanted

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["provider"]
TAKEN = {"id": "ldtask_1", "task_id": "ldtask_1", "status": "pending"}
DATA = "data:image/png;base64," + base64.b64encode(png()).decode()


@pytest.fixture
def bodies(provider: Loopback) -> list[Any]:
    """What the provider was sent."""
    got: list[Any] = []

    async def handle(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.json_response(TAKEN | {"id": f"ldtask_{len(got)}", "task_id": f"ldtask_{len(got)}"})

    provider.answers[VIDEOS] = handle
    return got


async def fox(account: Account, **params: Any) -> Task:
    return await wanted(account, prompt="A fox", **params)


async def test_without_a_public_address_the_bytes_are_sent(provider: Loopback, bodies: list[Any]) -> None:
    row = await in_database(picture)
    reference = f"dailies:input/{row.pk}"
    task = await fox(
        await account_at(provider),
        image_url=reference,
        reference_images=[reference, "https://a.example/b.png"],
    )
    await submit()
    assert bodies == [
        {"prompt": "A fox", "image_url": DATA, "reference_images": [DATA, "https://a.example/b.png"]}
    ]
    assert (await fresh(task)).status == "queued"
    kept = await Submission.objects.aget(pk=task.pk)
    assert kept.params["image_url"] == reference
    assert [one.pk async for one in kept.inputs.all()] == [row.pk]


async def test_with_a_public_address_a_link_is_sent_that_works_as_long_as_the_task_is_waited_for(
    provider: Loopback, bodies: list[Any], settings: Any
) -> None:
    settings.PUBLIC_URL = "https://dailies.example"
    row = await in_database(picture)
    task = await fox(await account_at(provider), image_url=f"dailies:input/{row.pk}")
    await submit()
    prefix, token, name = bodies[0]["image_url"].rsplit("/", 2)
    assert (prefix, name) == ("https://dailies.example/given", "file.png")
    found = read(token, (await fresh(task)).deadline_at.replace(microsecond=0) - timedelta(seconds=1))
    assert found is not None
    assert found.id == row.pk


async def test_a_provider_that_repeats_the_link_tells_it_to_nobody(provider: Loopback, settings: Any) -> None:
    settings.PUBLIC_URL = "https://dailies.example"

    async def complain(request: web.Request) -> web.Response:
        url = (await request.json())["image_url"]
        return web.json_response({"error": {"message": f"Cannot fetch {url}"}}, status=400)

    provider.answers[VIDEOS] = complain
    row = await in_database(picture)
    task = await fox(await account_at(provider), image_url=f"dailies:input/{row.pk}")
    await submit()
    assert "given/…/file.png" in (await fresh(task)).error_message
    assert "given/…/file.png" in (await RawAnswer.objects.aget(task=task)).text


async def test_references_in_objects_and_unknown_parameters_are_filled_and_text_is_left_alone(
    provider: Loopback, bodies: list[Any]
) -> None:
    row = await in_database(picture)
    reference = f"dailies:input/{row.pk}"
    task = await wanted(
        await account_at(provider),
        prompt=reference,
        content=[{"type": "image_url", "image_url": {"url": reference}}],
    )
    await submit()
    assert bodies[0] == {"prompt": reference, "content": [{"type": "image_url", "image_url": {"url": DATA}}]}
    assert (await fresh(task)).prompt == reference


async def test_a_result_of_ours_is_an_input_too(provider: Loopback, bodies: list[Any]) -> None:
    account = await account_at(provider)
    earlier = await Task.objects.acreate(account=account, remote_id="a", deadline_at=timezone.now())
    result = await in_database(keep, earlier)
    await fox(account, image_url=f"dailies:result/{result.pk}")
    await submit()
    assert bodies[0]["image_url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()


async def _gone(row: Input) -> None:
    await Input.objects.filter(pk=row.pk).aupdate(gone_at=timezone.now())


async def _unreadable(row: Input) -> None:
    await in_database(media_storage().delete, input_name(row.pk))


@pytest.mark.parametrize(("spoil", "says"), [(_gone, "give it again"), (_unreadable, "cannot be read")])
async def test_what_is_missing_when_the_call_would_leave_fails_it_before_anything_is_sent(
    provider: Loopback, bodies: list[Any], spoil: Any, says: str
) -> None:
    row = await in_database(picture)
    task = await fox(await account_at(provider), image_url=f"dailies:input/{row.pk}")
    await spoil(row)
    await submit()
    found = await fresh(task)
    assert (found.status, found.error_reason) == ("failed", "bad_input")
    assert says in found.error_message
    assert found.error_message.endswith("Nothing was sent.")
    assert bodies == []
    call = await Submission.objects.aget(pk=task.pk)
    assert (call.sent_at, call.claimed_by) == (None, None)
    assert call.settled_at is not None
    await submit()
    assert bodies == []


async def test_running_again_hands_it_over_anew(provider: Loopback, bodies: list[Any]) -> None:
    account = await account_at(provider)
    row = await in_database(picture)
    task = await fox(account, image_url=f"dailies:input/{row.pk}")
    await submit()
    params = (await Submission.objects.aget(pk=task.pk)).params
    await wanted(account, **params)
    await submit()
    assert [one["image_url"] for one in bodies] == [DATA, DATA]


def call(params: dict[str, Any]) -> Wish:
    return Wish(Kind.VIDEO, {"prompt": "A fox"} | params)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"image_url": "dailies:input/{sound}"}, "Picture takes a picture; “chime.wav” is a sound."),
        ({"audio_url": "dailies:input/{picture}"}, "Sound takes a sound; “fox.png” is a picture."),
        (
            {"image_url": "dailies:input/00000000-0000-0000-0000-000000000000"},
            "no longer here: give it again",
        ),
        ({"image_url": "dailies:result/00000000-0000-0000-0000-000000000000"}, "choose another"),
        ({"lens": {"map": "dailies:input/00000000-0000-0000-0000-000000000000"}}, "no longer here"),
        ({"image_url": "dailies:inputs/1"}, "must be a web address, a data: URI or a file of ours"),
    ],
)
def test_what_does_not_fit_is_refused_before_there_is_a_task(params: dict[str, Any], says: str) -> None:
    given = {"sound": str(sound().pk), "picture": str(picture().pk)}
    filled = {
        name: value.format(**given) if isinstance(value, str) else value for name, value in params.items()
    }
    with pytest.raises(BadParams, match=says) as caught:
        create(make_account("https://api.example"), call(filled), None)
    assert caught.value.field == next(iter(params))
    assert not Task.objects.exists()


def test_what_is_too_large_for_a_call_wants_a_public_address(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(checking, "INLINE_MAX_BYTES", 10)
    params = {"image_url": f"dailies:input/{picture().pk}"}
    account = make_account("https://api.example")
    with pytest.raises(BadParams, match="PUBLIC_URL to be an https address"):
        create(account, call(params), None)
    settings.PUBLIC_URL = "https://dailies.example"
    assert create(account, call(params), None).new


def test_all_files_of_a_call_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "INLINE_ALL_MAX_BYTES", len(png()) + 10)
    images = [f"dailies:input/{picture(shade).pk}" for shade in (1, 2)]
    with pytest.raises(BadParams, match="together"):
        create(make_account("https://api.example"), call({"reference_images": images}), None)


def test_a_provider_s_own_limit_is_kept() -> None:
    Input.objects.filter(pk=sound().pk).update(bytes=15_000_001)
    nebula = make_account("https://api.example", provider="nebula")
    params = {"model": "wan2.5-i2v-preview", "audio_url": f"dailies:input/{Input.objects.get().pk}"}
    with pytest.raises(BadParams, match="Sound takes at most 15 MB"):
        create(nebula, call(params), None)


def test_all_of_a_batch_are_made_or_none() -> None:
    row = picture()
    account = make_account("https://api.example")
    good = call({"image_url": f"dailies:input/{row.pk}"})
    with pytest.raises(BadParams):
        create_all(
            account, [good, call({"image_url": "dailies:input/00000000-0000-0000-0000-000000000000"})], None
        )
    assert not Task.objects.exists()
    assert len(create_all(account, [good, good], None)) == 2


def test_the_same_picture_given_twice_is_the_same_call() -> None:
    account = make_account("https://api.example")
    create(account, call({"image_url": f"dailies:input/{picture().pk}"}), None)
    again = {"prompt": "A fox", "image_url": f"dailies:input/{picture().pk}"}
    assert twin_of(account, Kind.VIDEO, [again], timezone.now()) == Task.objects.get()


def test_files_are_read_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    row = picture()
    task = create(
        make_account("https://api.example"), call({"image_url": f"dailies:input/{row.pk}"}), None
    ).task
    Input.objects.update(bytes=row.bytes + 1)
    submission = Submission.objects.select_related("task__account").get(pk=task.pk)
    with pytest.raises(handing.NotToBeHanded, match="not whole"):
        handing.hand_over(submission, handing.look_up(submission), timezone.now())
