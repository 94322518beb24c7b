"""Files in the form of a new task: taken without scripts, kept when something else is wrong, and shown."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tasks.models import Account, Input, Submission, Task
from tests.archive.stored import keep
from tests.inputs.given import picture, png, sound
from tests.pages.visitors import field_errors, text_of

pytestmark = pytest.mark.django_db(transaction=True)

VIDEO = "/new?account=lemon&kind=video"
FOX = {"p-prompt": "A red fox"}


def file(data: bytes = b"", name: str = "fox.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or png())


def reference(row: Input) -> str:
    return f"dailies:input/{row.pk}"


def params() -> dict[str, Any]:
    found: dict[str, Any] = Submission.objects.get().params
    return found


def test_a_file_comes_with_the_form(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | {"p-image_url-file": file()})
    assert params() == {"prompt": "A red fox", "image_url": reference(Input.objects.get())}


def test_several_files_stand_beside_addresses(member: Client, account: Account) -> None:
    given = {
        "p-reference_images": "https://a.example/b.png",
        "p-reference_images-file": [file(), file(png(1), "hare.png")],
    }
    member.post(VIDEO, FOX | given)
    named = [reference(row) for row in Input.objects.order_by("created_at")]
    assert params()["reference_images"] == [*named, "https://a.example/b.png"]


def test_it_is_kept_and_shown_when_something_else_is_wrong(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | {"p-duration": "long", "p-image_url-file": file()})
    row = Input.objects.get()
    assert field_errors(page) == {"p-duration": "Length must be a whole number."}
    shown = text_of(page)
    assert f'name="p-image_url-ref" value="{reference(row)}"' in shown
    assert f"/inputs/{row.pk}/poster" in shown
    assert "fox.png" in shown
    assert "8×8" in shown
    member.post(VIDEO, FOX | {"p-duration": "8", "p-image_url-ref": reference(row)})
    assert params()["image_url"] == reference(row)


def test_it_is_left_out_again_without_scripts(member: Client, account: Account) -> None:
    one = reference(picture())
    member.post(VIDEO, FOX | {"p-image_url-ref": one, "p-image_url-drop": one})
    assert "image_url" not in params()


def test_a_new_file_takes_the_place_of_the_old_one(member: Client, account: Account) -> None:
    member.post(VIDEO, FOX | {"p-image_url-ref": reference(picture(1)), "p-image_url-file": file()})
    assert params()["image_url"] == reference(Input.objects.get(name="fox.png", sha256=picture().sha256))


def test_a_field_for_one_takes_one(member: Client, account: Account) -> None:
    given = {"p-image_url": "https://a.example/b.png", "p-image_url-ref": reference(picture())}
    assert field_errors(member.post(VIDEO, FOX | given)) == {
        "p-image_url": "Picture takes one file or address, not 2."
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<html>", "fox.png: The file is a file of type text/html, not a picture."),
        (b"nothing known", "not a picture"),
    ],
)
def test_a_file_of_no_use_is_told_beside_its_field(
    member: Client, account: Account, data: bytes, says: str
) -> None:
    page = member.post(VIDEO, FOX | {"p-image_url-file": file(data)})
    assert says in field_errors(page)["p-image_url"]
    assert not Task.objects.exists()


def test_a_file_that_is_gone_is_told(member: Client, account: Account) -> None:
    page = member.post(VIDEO, FOX | {"p-image_url-ref": f"dailies:input/{uuid4()}"})
    assert "no longer here: give it again" in field_errors(page)["p-image_url"]
    assert "No longer here" in text_of(page)


def test_running_again_brings_its_files(member: Client, account: Account) -> None:
    row = picture()
    member.post(VIDEO, FOX | {"p-image_url-ref": reference(row)})
    page = text_of(member.get(f"/new?from={Task.objects.get().pk}&retry=1"))
    assert f'value="{reference(row)}"' in page
    assert f"/inputs/{row.pk}/poster" in page


def test_names_are_told_as_text(member: Client, account: Account) -> None:
    row = picture()
    Input.objects.update(name="<img src=x onerror=alert(1)>.png")
    page = member.post(VIDEO, FOX | {"p-duration": "long", "p-image_url-ref": reference(row)})
    assert b"<img src=x" not in page.content


# Beside the form


def test_a_script_gives_a_file_and_gets_how_it_is_shown(member: Client) -> None:
    answer = member.post("/inputs", {"file": file(), "kind": "image", "name": "p-image_url"})
    assert answer.status_code == 201
    assert f'name="p-image_url-ref" value="{reference(Input.objects.get())}"' in text_of(answer)
    again = member.post("/inputs", {"file": file(), "kind": "image", "name": '"><script>'})
    assert again.status_code == 200
    assert 'name="file-ref"' in text_of(again)


def test_a_script_is_told_in_a_sentence(member: Client) -> None:
    answer = member.post("/inputs", {"file": file(), "kind": "audio", "name": "x"})
    assert (answer.status_code, answer.content) == (400, b"The file is a picture, not a sound.")
    assert answer["Content-Type"].startswith("text/plain")
    assert member.post("/inputs", {"kind": "audio"}).status_code == 400


def test_a_script_is_told_of_too_large_a_file(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.inputs.storing.MAX_BYTES", 10)
    assert member.post("/inputs", {"file": file()}).status_code == 413


def test_what_is_here_is_offered_by_kind(member: Client, account: Account) -> None:
    task = Task.objects.create(account=account, remote_id="a", title="Shot 12", deadline_at=timezone.now())
    result = keep(task)
    gone = Task.objects.create(
        account=account, remote_id="b", title="Gone", deadline_at=timezone.now(), deleted_at=timezone.now()
    )
    keep(gone)
    row, _ = picture(), sound()
    page = text_of(member.get("/inputs/choose?kind=image&name=p-image_url", headers={"X-Part": "dialog"}))
    assert f'data-take="dailies:result/{result.pk}"' in page
    assert f'data-take="{reference(row)}"' in page
    assert 'name="p-image_url-ref"' in page
    assert "chime.wav" not in page
    assert "Gone" not in page
    alone = text_of(member.get("/inputs/choose?kind=image"))
    assert f'value="dailies:result/{result.pk}"' in alone


def test_with_nothing_here_the_choice_says_so(member: Client) -> None:
    page = text_of(member.get("/inputs/choose?kind=video", headers={"X-Part": "dialog"}))
    assert "No videos are kept here yet." in page


def test_its_bytes_are_sent_and_never_run(member: Client) -> None:
    row = picture()

    async def read(answer: Any) -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    answer = member.get(f"/inputs/{row.pk}")
    assert answer["Content-Type"] == "image/png"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert asyncio.run(read(answer)) == png()
    answer = member.get(f"/inputs/{row.pk}/poster")
    assert answer["Content-Type"] == "image/webp"
    answer.close()
    Input.objects.update(gone_at=timezone.now())
    assert {member.get(f"/inputs/{row.pk}{end}").status_code for end in ("", "/poster")} == {404}


def test_a_task_shows_what_it_begins_from(member: Client, account: Account) -> None:
    earlier = Task.objects.create(account=account, remote_id="a", title="Shot 12", deadline_at=timezone.now())
    result, row = keep(earlier), picture()
    images = [reference(row), f"dailies:result/{result.pk}"]
    member.post(VIDEO, FOX | {"p-reference_images-ref": images})
    task = Task.objects.exclude(pk=earlier.pk).get()
    page = text_of(member.get(f"/tasks/{task.pk}"))
    assert "Begins from" in page
    assert f"/inputs/{row.pk}/poster" in page
    assert f"/results/{result.pk}/poster" in page
    Input.objects.update(gone_at=timezone.now())
    assert "No longer here" in text_of(member.get(f"/tasks/{task.pk}"))
    assert "Begins from" not in text_of(member.get(f"/tasks/{earlier.pk}"))


def test_a_result_leads_to_a_task_that_begins_from_it(member: Client, account: Account) -> None:
    Account.objects.create(slug="mpt", provider="moneyprinter", base_url="http://localhost:8080")
    task = Task.objects.create(
        account=account, remote_id="a", kind="image", status="succeeded", deadline_at=timezone.now()
    )
    one = f"dailies:result/{keep(task).pk}"
    assert f'href="/new?give={one}"' in text_of(member.get(f"/tasks/{task.pk}"))
    page = text_of(member.get(f"/new?give={one}"))
    assert f"kind=video&give={one}" in page
    assert "account=mpt" not in page
    assert f'name="p-image_url-ref" value="{one}"' in text_of(member.get(f"{VIDEO}&give={one}"))


def test_the_next_form_begins_without_the_last_one_s_files(member: Client, account: Account) -> None:
    one = reference(picture())
    member.post(VIDEO, FOX | {"p-model": "veo3.1", "p-image_url-ref": one})
    page = text_of(member.get(VIDEO))
    assert 'value="veo3.1"' in page
    assert one not in page
    assert one in text_of(member.get(f"{VIDEO}&start=last"))
