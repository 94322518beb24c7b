"""One task as HTML: the same for every reader, and harmless whatever a provider sent."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from dashboard.figures import ago, clock, rough, size
from dashboard.raw_answers import highlighted, mask_queries, masked
from dashboard.rendering import View, render_task
from dashboard.results import result_target, why_not
from dashboard.wording import BLOCKED, CHIPS, EVENTS
from tasks.models import Account, Event, RawAnswer, Result, Task
from tasks.vocabulary import Archive, EventType, Kind, Reason, Status

pytestmark = pytest.mark.django_db

EVIL = '<script>alert(1)</script>"\' onmouseover="x"'
VIEWS: tuple[View, ...] = ("rows", "cards", "task")


@pytest.fixture
def account() -> Account:
    return Account.objects.create(
        slug="nebula", name="Nebula main", provider="nebula", base_url="https://api.example/v1"
    )


@pytest.fixture
def task(account: Account) -> Task:
    return make(account)


def make(account: Account, **fields: Any) -> Task:
    now = timezone.now()
    values = {"status": Status.RUNNING, "kind": "video", "deadline_at": now + timedelta(hours=1)} | fields
    task = Task.objects.create(account=account, **values)
    return Task.objects.with_owner().get(pk=task.pk)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_word_in_every_view(account: Account, status: Status, view: View) -> None:
    html = render_task(make(account, status=status, remote_id=f"x{status}"), view)
    assert f'data-status="{status.value}"' in html
    assert 'class="chip ' in html


@pytest.mark.parametrize("view", VIEWS)
def test_the_root_names_the_task_and_its_version(task: Task, view: View) -> None:
    html = render_task(task, view)
    root = html[: html.index(">")]
    assert f'id="task-{task.pk}"' in root
    assert f'data-version="{task.version}"' in root


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_provider_sent_is_escaped(account: Account, view: View) -> None:
    task = make(
        account,
        title=EVIL,
        prompt=EVIL,
        model=EVIL,
        raw_status=EVIL,
        remote_id=EVIL,
        poll_url=EVIL,
        tags=[EVIL],
        status=Status.FAILED,
        error_message=EVIL,
        error_code=EVIL,
    )
    Event.objects.create(task=task, type=EventType.PROBLEM, message=EVIL, actor=EVIL)
    Result.objects.create(task=task, position=0, kind="video", name=EVIL, role=EVIL[:32], remote_url=EVIL)
    RawAnswer.objects.create(task=task, at=timezone.now(), http_status=200, text=EVIL)
    html = render_task(task, view)
    assert "<script>" not in html
    assert 'onmouseover="x"' not in html
    assert escape(EVIL) in html


@pytest.mark.parametrize("view", ["rows", "cards"])
def test_a_rendering_asks_the_database_nothing(
    task: Task, view: View, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        render_task(task, view)


def test_reported_progress_has_a_value_and_unknown_progress_has_none(account: Account) -> None:
    known = render_task(make(account, progress=62), "rows")
    assert '<progress value="62" max="100"' in known
    assert "Running 62 %" in known
    unknown = render_task(make(account), "rows")
    assert "not reported" in unknown
    assert "<progress aria-label" in unknown


def test_a_moderated_failure_is_blocked(account: Account) -> None:
    task = make(account, status=Status.FAILED, error_reason=Reason.MODERATION)
    row = render_task(task, "rows")
    assert "Blocked" in row
    assert "Refused by the provider: content policy" in row
    page = render_task(task, "task")
    assert "Failed" in page
    assert "Blocked" in page


@pytest.mark.parametrize("reason", list(Reason))
def test_every_failure_says_who_is_at_fault_and_what_helps(account: Account, reason: Reason) -> None:
    task = make(account, status=Status.FAILED, error_reason=reason, error_message="it is so")
    html = render_task(task, "task")
    assert 'class="verdict ' in html
    assert "It says: “it is so”" in html


def test_secrets_and_signatures_of_the_raw_answer_are_masked(task: Task) -> None:
    text = (
        '{"api_key": "sk-live-123456", "nested": {"access_token": {"v": "tok-777"}, "total_tokens": 5},'
        ' "url": "https://cdn.example/a.mp4?Signature=s3cr3t&Expires=1", "note": "Bearer abcdef123456"}'
    )
    RawAnswer.objects.create(task=task, at=timezone.now(), http_status=200, text=text)
    html = render_task(task, "task")
    for secret in ("sk-live", "tok-777", "s3cr3t", "abcdef123456"):
        assert secret not in html
    assert "https://cdn.example/a.mp4" in html
    assert "total_tokens</em>&quot;: 5" in html


def test_a_cut_answer_is_masked_too() -> None:
    cut = '{"api_key": "topsecretvalue", "url": "https://x.example/a?sig=abc", "rest": "lon'
    text = masked(cut)
    assert "topsecretvalue" not in text
    assert "sig=abc" not in text


def test_an_absurdly_deep_answer_is_shown_as_it_came() -> None:
    deep = "[" * 30_000
    assert highlighted(deep) == deep


def test_queries_of_relative_addresses_are_masked() -> None:
    assert mask_queries("/v1/tasks/7?sig=a%2Fb") == "/v1/tasks/7?…"


@pytest.mark.parametrize(
    ("remote_url", "target"),
    [
        ("https://cdn.example/a.mp4?sig=a%2Fb%3D", "https://cdn.example/a.mp4?sig=a%2Fb%3D"),
        ("http://cdn.example/a.mp4", "http://cdn.example/a.mp4"),
        ("/api/v1/download/t/final-1.mp4", "https://api.example/v1/api/v1/download/t/final-1.mp4"),
        ("/v1/files/a.png", "https://api.example/v1/files/a.png"),
        ("javascript:alert(1)", None),
        ("data:video/mp4;base64,AAAA", None),
        ("ftp://cdn.example/a.mp4", None),
        ("//evil.example/a.mp4", None),
        ("/v1/../../etc/passwd", None),
        ("https://", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_only_web_addresses_are_led_to(task: Task, remote_url: str, target: str | None) -> None:
    result = Result(task=task, position=0, kind="video", remote_url=remote_url)
    assert result_target(result) == target
    assert target is not None or why_not(result)


@pytest.mark.parametrize("origin", ["", "https://api.example"])
def test_a_file_packed_in_json_is_not_passed_on(task: Task, origin: str) -> None:
    task.account.provider = "nebula"
    url = f"{origin}/v1/video/generations/download?id=t"
    result = Result(task=task, position=0, kind="video", remote_url=url)
    assert result_target(result) is None
    assert why_not(result).endswith("It is being saved, and plays here once it is safe.")


def test_a_deleted_copy_is_not_fetched_from_the_provider_after_all(task: Task) -> None:
    url = "https://cdn.example/a.mp4"
    columns = {"archive": Archive.SKIPPED, "problem": "Videos are kept for 30 days."}
    never = Result(task=task, position=0, kind="video", remote_url=url, **columns)
    assert result_target(never) == url
    deleted = Result(task=task, position=0, kind="video", remote_url=url, sha256="5f", **columns)
    assert result_target(deleted) is None
    assert why_not(deleted) == "Our copy of this file was deleted. Videos are kept for 30 days."


def test_a_server_of_the_team_s_own_plays_by_its_stream_route(task: Task) -> None:
    task.account.provider = "moneyprinter"
    result = Result(task=task, position=0, kind="video", remote_url="/api/v1/download/t/final-1.mp4")
    assert result_target(result) == "https://api.example/v1/api/v1/stream/t/final-1.mp4"


def test_inline_and_expired_results_lead_nowhere(task: Task) -> None:
    url = "https://cdn.example/a.mp4"
    inline = Result(task=task, position=0, kind="video", remote_url="", inline=True)
    expired = Result(task=task, position=1, kind="video", remote_url=url, archive=Archive.EXPIRED)
    assert result_target(inline) is None
    assert "inside its answer" in why_not(inline)
    assert result_target(expired) is None
    assert "no longer has" in why_not(expired)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (9.4, "0:09"), (845, "14:05"), (3723, "1:02:03"), (190_000, "2 d 4 h")]
)
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4 s"), (59.4, "59 s"), (780, "13 min"), (7300, "2 h")])
def test_rough_durations_have_one_unit(seconds: float, text: str) -> None:
    assert rough(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(812, "812 B"), (1_800_000, "1.8 MB"), (58_000_000, "58 MB"), (999_800, "1.0 MB")]
)
def test_sizes_have_real_units(count: int, text: str) -> None:
    assert size(count) == text


def test_ago_becomes_a_day_after_a_week() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert ago(now - timedelta(seconds=3), now) == "just now"
    assert ago(now - timedelta(minutes=3), now) == "3 min ago"
    assert ago(now - timedelta(days=8), now) == "14 Nov"
    assert ago(now - timedelta(days=400), now) == "18 Oct 2025"


def test_every_icon_that_a_task_can_need_is_drawn() -> None:
    sheet = (Path(settings.BASE_DIR) / "static" / "icons.svg").read_text()
    needed = {chip.icon for chip in (*CHIPS.values(), BLOCKED)} | {f"k-{kind.value}" for kind in Kind}
    needed |= {icon for icon, _ in EVENTS.values()}
    assert needed <= set(re.findall(r'<symbol id="([\w-]+)"', sheet))


def test_every_kind_of_event_has_its_words() -> None:
    assert set(EVENTS) | {EventType.STATUS} == set(EventType)
