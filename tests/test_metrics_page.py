"""`/metrics`: who may read it, and what the database tells Prometheus of all processes."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from dashboard.people import Role
from dashboard.tokens import create_token
from tasks.models import Account, AccountUse, Poller, Result, Submission, Task
from tasks.poller.report import LineReport, Report
from tasks.vocabulary import Duty, Kind, Wait
from tests.pages.visitors import person, visitor

pytestmark = pytest.mark.django_db

KEY = "sk-live-0123456789abcdef"


@pytest.fixture
def token() -> str:
    return create_token(person(Role.VIEWER, "vera"), read_only=True)


def read(settings: Settings) -> dict[str, float]:
    """Every sample by its name and labels."""
    settings.METRICS_PUBLIC = True
    text = Client().get("/metrics").content.decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def make_account(slug: str = "lemon", **columns: object) -> Account:
    account = Account(slug=slug, provider="lemondata", base_url="https://api.example", **columns)
    account.set_api_key(KEY)
    account.save()
    return account


def make_task(account: Account, **columns: object) -> Task:
    return Task.objects.create(**{"account": account, "deadline_at": timezone.now()} | columns)


def poller(duty: Duty, at: datetime, report: Report = Report()) -> Poller:  # noqa: B008  a frozen value
    return Poller.objects.create(
        host="h", pid=1, started_at=at, heartbeat_at=at, duty=duty, report=report.to_json()
    )


def test_it_needs_a_token(token: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {token}"}):
        refused = Client().get("/metrics", headers=headers)
        assert refused.status_code == 401
        assert refused["WWW-Authenticate"] == "Bearer"
        assert b"dailies_" not in refused.content
    assert visitor(Role.MANAGER, "boss").get("/metrics").status_code == 401
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert b"dailies_polls_total" in answer.content
    User.objects.filter(username="vera").update(is_active=False)
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_it_may_be_public_and_is_only_read(settings: Settings) -> None:
    settings.METRICS_PUBLIC = True
    assert Client().get("/metrics").status_code == 200
    assert Client().post("/metrics").status_code == 405


def test_it_tells_how_accounts_stand(settings: Settings) -> None:
    limited = make_account(requests_per_minute=60, concurrency=5)
    make_account("pear", enabled=False)
    AccountUse.objects.create(
        account=limited, holder=Task().pk, requests_last_minute=42, in_flight=3, at=timezone.now()
    )
    found = read(settings)
    assert found["dailies_account_requests{account=lemon}"] == 42
    assert found["dailies_account_requests_limit{account=lemon}"] == 60
    assert found["dailies_account_in_flight{account=lemon}"] == 3
    assert found["dailies_account_in_flight_limit{account=lemon}"] == 5
    assert "dailies_account_requests_limit{account=pear}" not in found
    assert found["dailies_account_health{account=lemon,health=ok}"] == 1
    assert found["dailies_account_health{account=pear,health=ok}"] == 0
    assert found["dailies_account_health{account=pear,health=paused}"] == 1


def test_it_tells_how_pollers_stand(settings: Settings) -> None:
    now = timezone.now()
    report = Report((LineReport("lemon", 7, 2, 1.5, None), LineReport("pear", 1, 1, 90.0, Wait.BUDGET)))
    poller(Duty.POLLING, now - timedelta(seconds=4), report)
    poller(Duty.POLLING, now, Report((LineReport("lemon", 3, 0, 0.0, None),)))
    poller(Duty.ARCHIVING, now - timedelta(seconds=60))
    found = read(settings)
    assert found["dailies_workers{duty=polling}"] == 2
    assert found["dailies_workers{duty=archiving}"] == 0
    assert found["dailies_heartbeat_age_seconds{duty=archiving}"] == pytest.approx(60, abs=5)
    assert "dailies_heartbeat_age_seconds{duty=submitting}" not in found
    assert found["dailies_tasks_held{account=lemon}"] == 10
    assert found["dailies_tasks_due{account=lemon}"] == 2
    assert found["dailies_due_lag_seconds{account=pear}"] == 90
    assert found["dailies_lag_seconds"] == 1.5


def test_it_tells_how_tasks_and_queues_stand(settings: Settings) -> None:
    account, now = make_account(), timezone.now()
    task = make_task(account, status="running")
    make_task(account, status="running", deleted_at=now)
    for n in range(2):
        Result.objects.create(task=task, position=n, kind=Kind.VIDEO, archive_due_at=now)
    Result.objects.filter(position=1).update(claimed_by=poller(Duty.ARCHIVING, now))
    Submission.objects.create(task=task, params={}, fingerprint="f", created_at=now, sent_at=now)
    found = read(settings)
    assert found["dailies_tasks{status=running}"] == 1
    assert found["dailies_tasks{status=failed}"] == 0
    assert found["dailies_archive_results{state=due}"] == 1
    assert found["dailies_archive_results{state=held}"] == 1
    assert found["dailies_create_calls{state=sent}"] == 1
    assert found["dailies_create_calls{state=waiting}"] == 0
    assert found["dailies_database_up"] == 1


def test_labels_are_slugs_and_words_of_our_own(settings: Settings) -> None:
    task = make_task(make_account(), status="running", remote_id="remote-1", title="Harbour")
    poller(Duty.POLLING, timezone.now(), Report((LineReport("lemon", 1, 0, 0.0, None),)))
    settings.METRICS_PUBLIC = True
    text = Client().get("/metrics").content.decode()
    for secret in (KEY, str(task.pk), "remote-1", "Harbour", "api.example"):
        assert secret not in text
    names = set(re.findall(r"[{,](\w+)=", text)) - {"le"}
    assert names <= {"account", "duty", "health", "outcome", "state", "status"}


def test_it_takes_few_queries_however_much_there_is(settings: Settings) -> None:
    counts = []
    for n in range(2):
        for more in range(3):
            account = make_account(f"a{n}{more}")
            make_task(account, next_poll_at=timezone.now())
            poller(Duty.POLLING, timezone.now(), Report((LineReport(account.slug, 1, 0, 0.0, None),)))
        with CaptureQueriesContext(connection) as caught:
            read(settings)
        counts.append(len(caught))
    assert counts == [8, 8]


def test_without_the_database_the_process_still_tells_what_it_counts(settings: Settings) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        found = read(settings)
    assert found["dailies_database_up"] == 0
    assert "dailies_publish_failures_total" in found
    assert "dailies_lag_seconds" not in found
