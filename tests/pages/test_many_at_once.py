"""Several tasks from one form: checked as a whole, made as a whole, and told line by line."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tasks.models import Account, Submission, Task
from tests.pages.visitors import field_errors, notices, text_of

pytestmark = pytest.mark.django_db

VIDEO = "/new?account=lemon&kind=video"
SHARED = {"p-model": "veo3.1", "title": "Reel", "tags": "trailer"}
TABLE = 'prompt,duration,title,tags\nA fox,4,Shot 1,\nA hare,,,"night"\n'


def made() -> list[tuple[str, int | None, str, list[str]]]:
    calls = Submission.objects.select_related("task").order_by("line")
    return [(one.task.prompt, one.params.get("duration"), one.task.title, one.task.tags) for one in calls]


def test_each_row_is_a_task_over_the_shared_values(member: Client, account: Account) -> None:
    answer = member.post(VIDEO, SHARED | {"rows": TABLE, "p-duration": "8"}, follow=True)
    assert made() == [("A fox", 4, "Shot 1", ["trailer"]), ("A hare", 8, "Reel", ["night"])]
    assert notices(answer) == ["2 tasks on the way to Lemon studio."]
    (key,) = set(Submission.objects.values_list("together", flat=True))
    assert answer.redirect_chain == [(f"/new/together/{key}", 302)]
    page = text_of(answer)
    for line, task in zip((2, 3), Task.objects.order_by("submission__line"), strict=True):
        assert f'title="Line {line}"' in page
        assert f'href="/tasks/{task.pk}"' in page


def test_a_file_is_read_like_what_is_pasted(member: Client, account: Account) -> None:
    file = SimpleUploadedFile("shots.csv", b"\xef\xbb\xbf" + TABLE.replace(",", ";").encode())
    member.post(VIDEO, SHARED | {"rows-file": file})
    assert len(made()) == 2


def test_nothing_is_sent_while_a_line_is_wrong(member: Client, account: Account) -> None:
    rows = "prompt,duration\nA fox,900\nA hare,4\n,4\n"
    page = member.post(VIDEO, SHARED | {"rows": rows})
    assert field_errors(page) == {"rows": "2 lines are wrong. Nothing was sent."}
    assert "Line 2: Length must be at most 600." in text_of(page)
    assert "Line 4: Prompt is needed." in text_of(page)
    assert "A hare" in text_of(page)
    assert not Task.objects.exists()


def test_a_shared_value_that_is_wrong_is_told_once(member: Client, account: Account) -> None:
    page = member.post(VIDEO, SHARED | {"rows": TABLE, "p-duration": "long"})
    assert field_errors(page) == {"p-duration": "Length must be a whole number."}


def test_a_missing_file_of_a_row_is_told_with_its_line(member: Client, account: Account) -> None:
    rows = "prompt,image_url\nA fox,dailies:input/00000000-0000-0000-0000-000000000000\n"
    assert "Line 2: Picture: the file is no longer here" in text_of(
        member.post(VIDEO, SHARED | {"rows": rows})
    )
    assert not Task.objects.exists()


def test_a_file_that_is_no_text_is_told(member: Client, account: Account) -> None:
    page = member.post(VIDEO, SHARED | {"rows-file": SimpleUploadedFile("shots.csv", b"prompt\n\xff\xfe")})
    assert "no text in UTF-8" in field_errors(page)["rows"]


def test_the_same_table_again_within_minutes_is_asked_about_first(member: Client, account: Account) -> None:
    member.post(VIDEO, SHARED | {"rows": TABLE})
    assert "The same went out" in text_of(member.post(VIDEO, SHARED | {"rows": TABLE}))
    assert Task.objects.count() == 2


def test_lines_that_are_wrong_are_told_too(member: Client, account: Account) -> None:
    page = member.post(VIDEO, SHARED | {"p-prompt": "A fox\n" * 201, "many": "on"})
    assert "Line 201: At most 200 go out at once" in text_of(page)
    assert not Task.objects.exists()


def test_the_report_shows_how_each_stands(member: Client, account: Account) -> None:
    member.post(VIDEO, SHARED | {"rows": TABLE})
    key = Submission.objects.values_list("together", flat=True)[0]
    first, second = Task.objects.order_by("submission__line")
    Task.objects.filter(pk=first.pk).update(status="succeeded")
    Task.objects.filter(pk=second.pk).update(deleted_at=timezone.now())
    page = text_of(member.get(f"/new/together/{key}"))
    assert "1 of 1 over, 1 done" in page
    assert "not tracked any more" in page


def test_an_unknown_batch_is_a_404(member: Client) -> None:
    assert member.get("/new/together/00000000-0000-0000-0000-000000000000").status_code == 404


def test_a_table_of_hundreds_asks_the_database_little_for_each(
    member: Client, account: Account, django_assert_max_num_queries: Any
) -> None:
    rows = "prompt\n" + "".join(f"Fox {n}\n" for n in range(100))
    with django_assert_max_num_queries(100 * 9):
        member.post(VIDEO, SHARED | {"rows": rows})
    assert Task.objects.count() == 100


def test_a_table_sent_twice_at_once_is_made_once(
    member: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.pages.create.twin_of", lambda *_: None)
    key = str(member.get(VIDEO).context["key"])
    answers = [member.post(VIDEO, SHARED | {"rows": TABLE, "key": key}) for _ in range(2)]
    assert Task.objects.count() == 2
    assert {answer["Location"] for answer in answers} == {f"/new/together/{key}"}
