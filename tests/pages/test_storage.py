"""The storage page: what copies take, which results have none, and the rules with their dry run."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from dashboard.people import Role
from dashboard.storage_use import count_use
from tasks.models import Account, AuditEntry, Input, Result, RetentionRule, Task
from tasks.vocabulary import Archive, Kind
from tests.archive.stored import keep
from tests.pages.visitors import field_errors, notices, person, text_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
GB = 1_000_000_000


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(person(Role.MANAGER, "boss"))
    return client


@pytest.fixture
def make(account: Account) -> Callable[..., Task]:
    return lambda title="Take", **more: Task.objects.create(
        **{"account": account, "title": title, "status": "succeeded", "deadline_at": NOW} | more
    )


def copy(task: Task, **columns: Any) -> Result:
    return keep(task, position=task.results.count(), poster=None, **columns)


def at_provider(task: Task, **columns: Any) -> Result:
    given = {"position": task.results.count(), "kind": Kind.VIDEO, "remote_url": "https://cdn.example/a"}
    return Result.objects.create(task=task, **given | columns)


def test_it_sums_up_by_account_kind_and_age(make: Callable[..., Task], account: Account) -> None:
    other = Account.objects.create(
        slug="pear", name="Pear", provider="lemondata", base_url="https://b.example"
    )
    copy(make(), kind=Kind.VIDEO, bytes=3 * GB, stored_at=NOW - DAY)
    copy(make(), kind=Kind.IMAGE, bytes=1 * GB, stored_at=NOW - 8 * DAY)
    copy(make(account=other, deleted_at=NOW), kind=Kind.VIDEO, bytes=4 * GB, stored_at=NOW - 400 * DAY)
    at_provider(make(), bytes=9 * GB)
    use = count_use(NOW)
    assert (use.count, use.bytes) == (3, 8 * GB)
    told = [
        [(one.label, one.count, one.bytes // GB, one.share) for one in part]
        for part in (use.accounts, use.kinds)
    ]
    assert sorted(told[0]) == [("Lemon studio", 2, 4, 50), ("Pear", 1, 4, 50)]
    assert told[1] == [("Video", 2, 7, 87.5), ("Image", 1, 1, 12.5)]
    assert [one.count for one in use.ages] == [1, 1, 0, 0, 1]
    assert [use.ages[n].label for n in (0, 4)] == ["Up to 7 days", "Older than a year"]


def test_it_shows_what_is_taken_and_what_is_free(
    desk: Client, make: Callable[..., Task], settings: Settings
) -> None:
    settings.MEDIA_QUOTA = 10 * GB
    copy(make(), kind=Kind.VIDEO, bytes=3 * GB)
    page = text_of(desk.get("/storage"))
    assert "<strong>3.0 GB</strong>in 1 file" in page
    assert "free on the disk" in page
    assert "<b>3.0 GB</b> of 10 GB" in page
    assert re.search(r'aria-label="Video: 100 % of all bytes"><rect width="100.0"', page)


def test_it_says_what_to_expect_when_there_is_nothing(desk: Client) -> None:
    page = text_of(desk.get("/storage"))
    for words in (
        "<strong>0 B</strong>in 0 files",
        "every result that could be kept has a copy",
        "No rule: copies are kept for good",
    ):
        assert words in page


def test_it_takes_few_queries_however_much_there_is(desk: Client, make: Callable[..., Task]) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            copy(make())
            at_provider(make(), archive=Archive.FAILED, problem="HTTP 404")
        cache.clear()
        desk.get("/storage")
        with CaptureQueriesContext(connection) as caught:
            cache.clear()
            desk.get("/storage")
        counts.append(len(caught))
    assert counts[0] == counts[1] < 20


@pytest.mark.only_on("sqlite")
def test_the_sums_are_read_from_an_index(make: Callable[..., Task]) -> None:
    """PostgreSQL chooses by statistics."""
    copy(make())
    with CaptureQueriesContext(connection) as caught:
        count_use(NOW)
    summing = next(one["sql"] for one in caught.captured_queries if "SUM" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + summing)
        assert "COVERING INDEX result_copies" in str(cursor.fetchall())


# At risk


def risky_titles(response: Any) -> list[str]:
    part = response.content.decode().partition('id="risk"')[2].partition('id="rules"')[0]
    return re.findall(r'#result-[^"]+">([^<]+)</a>', part)


def test_what_only_the_provider_has_is_listed_the_nearest_end_first(
    desk: Client, make: Callable[..., Task]
) -> None:
    at_provider(make("never"), archive=Archive.FAILED, problem="The server answered 403.")
    at_provider(make("later"), archive=Archive.PENDING, expires_at=NOW + 9 * DAY)
    at_provider(make("soon"), archive=Archive.FAILED, expires_at=NOW + timedelta(hours=5), problem="Cut off.")
    at_provider(make("trash", deleted_at=NOW), archive=Archive.FAILED)
    at_provider(make("lost"), archive=Archive.EXPIRED)
    copy(make("safe"))
    response = desk.get("/storage")
    assert risky_titles(response) == ["soon", "later", "never"]
    page = text_of(response)
    for words in (
        "<strong>3</strong>results without a copy",
        "The server answered 403.",
        "1 result expired at the provider",
    ):
        assert words in page


def test_one_is_kept_now(desk: Client, make: Callable[..., Task]) -> None:
    one = at_provider(make(), archive=Archive.FAILED, problem="Cut off.", attempts=9)
    other = at_provider(make(), archive=Archive.FAILED)
    response = desk.post("/storage/keep", {"result": one.pk}, follow=True)
    assert notices(response) == ["1 result will be fetched now."]
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.archive, one.attempts, one.problem, one.archive_due_at is not None) == (
        "pending",
        0,
        "",
        True,
    )
    assert other.archive == Archive.FAILED


def test_all_that_failed_are_tried_again(desk: Client, make: Callable[..., Task]) -> None:
    for n in range(3):
        at_provider(make(f"{n}"), archive=Archive.FAILED)
    at_provider(make(deleted_at=NOW), archive=Archive.FAILED)
    assert notices(desk.post("/storage/keep", follow=True)) == ["3 results will be fetched now."]
    assert Result.objects.filter(archive=Archive.PENDING).count() == 3
    assert "There is nothing to fetch" in notices(desk.post("/storage/keep", follow=True))[0]


def test_no_result_is_no_error_of_ours(desk: Client) -> None:
    assert "no result" in notices(desk.post("/storage/keep", {"result": "x"}, follow=True))[0]


# Rules


def rule(**columns: Any) -> RetentionRule:
    return RetentionRule.objects.create(**{"older_than_days": 30} | columns)


def test_a_rule_is_made_only_after_its_dry_run(
    desk: Client, make: Callable[..., Task], account: Account
) -> None:
    copy(make("Harbour"), stored_at=NOW - 31 * DAY, kind=Kind.VIDEO, bytes=3 * GB)
    copy(make("Young"), stored_at=NOW - 29 * DAY, kind=Kind.VIDEO)
    form = {"account": "lemon", "kind": "video", "older_than_days": "30"}
    shown = desk.post("/storage/rules/add", form)
    page = text_of(shown)
    assert "<strong>1 file, 3.0 GB</strong> would be deleted now" in page
    assert "Harbour" in page
    assert "Young" not in page
    assert "Make it and delete 1 file" in page
    assert not RetentionRule.objects.exists()
    seen = re.search(r'name="previewed" value="([^"]+)"', page)
    assert seen
    made = desk.post("/storage/rules/add", form | {"previewed": seen.group(1)}, follow=True)
    assert notices(made) == [
        "The rule “Videos of Lemon studio after 30 days” is made. It runs within a minute."
    ]
    assert RetentionRule.objects.get().account == account
    assert "Runs within a minute" in text_of(made)


def test_a_rule_edited_after_its_dry_run_is_shown_again(desk: Client) -> None:
    form = {"account": "*", "kind": "*", "older_than_days": "1", "previewed": "* * 30"}
    assert "Dry run" in text_of(desk.post("/storage/rules/add", form))
    assert not RetentionRule.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"older_than_days": "0"}, "older_than_days"),
        ({"older_than_days": "x"}, "older_than_days"),
        ({"account": "nope"}, "account"),
        ({"kind": "film"}, "kind"),
    ],
)
def test_a_wrong_rule_is_explained(desk: Client, changed: dict[str, str], field: str) -> None:
    form = {"account": "*", "kind": "*", "older_than_days": "30"} | changed
    assert field in field_errors(desk.post("/storage/rules/add", form))
    assert not RetentionRule.objects.exists()


def test_the_same_rule_again_is_explained(desk: Client) -> None:
    rule()
    form = {"account": "*", "kind": "*", "older_than_days": "30", "previewed": "* * 30"}
    assert "There is a rule that says exactly this." in text_of(desk.post("/storage/rules/add", form))
    assert RetentionRule.objects.count() == 1


def test_a_rule_s_page_is_its_dry_run_at_any_time(desk: Client, make: Callable[..., Task]) -> None:
    made = rule()
    copy(make("Harbour"), stored_at=NOW - 31 * DAY)
    assert "Harbour" in text_of(desk.get(f"/storage/rules/{made.pk}"))
    edited = desk.post(f"/storage/rules/{made.pk}", {"account": "*", "kind": "*", "older_than_days": "60"})
    assert "Nothing is old enough now" in text_of(edited)
    made.refresh_from_db()
    assert made.older_than_days == 30
    form = {"account": "*", "kind": "*", "older_than_days": "60", "previewed": "* * 60"}
    desk.post(f"/storage/rules/{made.pk}", form)
    made.refresh_from_db()
    assert made.older_than_days == 60


def test_a_disabled_rule_is_enabled_from_its_dry_run_alone(desk: Client, make: Callable[..., Task]) -> None:
    made = rule(enabled=False)
    copy(make(), stored_at=NOW - 31 * DAY)
    assert f'action="/storage/rules/{made.pk}/enable"' not in desk.get("/storage").content.decode()
    assert "Enable and delete 1 file" in text_of(desk.get(f"/storage/rules/{made.pk}"))
    desk.post(f"/storage/rules/{made.pk}/enable")
    made.refresh_from_db()
    assert made.enabled
    desk.post(f"/storage/rules/{made.pk}/disable")
    assert (
        "is disabled. Enable it first."
        in notices(desk.post(f"/storage/rules/{made.pk}/run", follow=True))[-1]
    )
    desk.post(f"/storage/rules/{made.pk}/delete")
    assert not RetentionRule.objects.exists()
    assert AuditEntry.objects.count() == 3
    assert set(AuditEntry.objects.values_list("actor__username", flat=True)) == {"boss"}


def test_the_page_says_when_a_rule_ran_and_what_it_did(desk: Client) -> None:
    now = timezone.now()
    rule(ran_at=now - timedelta(minutes=12), deleted_count=40, deleted_bytes=3 * GB)
    rule(older_than_days=31, ran_at=now)
    rule(older_than_days=32, began_at=now, deleted_count=7)
    page = re.sub(r"<time[^>]*>|</time>", "", text_of(desk.get("/storage")))
    for words in (
        "Last run 12 min ago: 40 files deleted, 3.0 GB freed",
        ": nothing to delete",
        "Running: 7 files deleted so far",
    ):
        assert words in page


def test_what_is_not_there_is_a_404(desk: Client) -> None:
    for name in ("", "/enable", "/disable", "/run", "/delete"):
        assert desk.post(f"/storage/rules/99{name}").status_code == 404


def test_a_bucket_has_no_disk_to_be_full(desk: Client, settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "media": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    assert "copies lie in S3" in text_of(desk.get("/storage"))


def test_files_that_tasks_begin_from_are_told_apart(desk: Client) -> None:
    Input.objects.create(
        kind="image", content_type="image/png", bytes=2_000_000, sha256="0", stored_at=timezone.now()
    )
    assert "Besides, 1 file that tasks begin from: 2.0 MB" in text_of(desk.get("/storage"))
