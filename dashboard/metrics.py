"""`/metrics` for Prometheus: what this process counted, and the facts that the database holds of all processes."""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge

from dashboard.account_cards import read_cards
from dashboard.api.auth import bearer_user
from dashboard.errors import error_response
from dashboard.pulse import is_alive, polling, pulse_of, read_free
from tasks.metrics import REGISTRY
from tasks.models import Poller, Result, Submission, Task
from tasks.poller.report import LineReport, Report
from tasks.vocabulary import Duty, Health, Status

logger = logging.getLogger(__name__)

UP = "dailies_database_up", "1 while the database answers."


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For anybody with a token, whatever their role; for everybody with METRICS_PUBLIC."""
    if not settings.METRICS_PUBLIC and bearer_user(request) is None:
        return error_response(401)
    facts = CollectorRegistry()
    facts.register(Facts(timezone.now()))
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(facts), content_type=CONTENT_TYPE_LATEST)


class Facts:
    """Read when somebody looks, in eight queries, all but one of them as fast with many tasks."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> list[Gauge]:
        try:
            return [*self._pollers(), *self._accounts(), _tasks(), *self._queues(), Gauge(*UP, value=1)]
        except (DatabaseError, InterfaceError) as error:
            logger.warning("metrics without the database: %s", error)
            return [Gauge(*UP, value=0)]

    def _pollers(self) -> Iterator[Gauge]:
        rows = list(Poller.objects.all())
        alive = [one for one in rows if is_alive(one, self._now)]
        count = Gauge("dailies_workers", "Processes with a fresh heartbeat.", labels=["duty"])
        age = Gauge("dailies_heartbeat_age_seconds", "Since the newest heartbeat.", labels=["duty"])
        for duty in Duty:
            count.add_metric([duty], sum(one.duty == duty for one in alive))
            if beats := [one.heartbeat_at for one in rows if one.duty == duty]:
                age.add_metric([duty], max(0.0, (self._now - max(beats)).total_seconds()))
        pulse = pulse_of(polling(rows), read_free(), self._now)
        lag = Gauge("dailies_lag_seconds", "How late the oldest due task is that nothing holds up.")
        lag.add_metric([], pulse.lag_s)
        yield from (count, age, lag, *_lines(polling(alive)))

    def _accounts(self) -> Iterator[Gauge]:
        gauges = {
            name: Gauge(f"dailies_account_{name}", words, labels=["account"])
            for name, words in (
                ("requests", "Requests of the last 60 s."),
                ("requests_limit", "Requests that are allowed in 60 s; absent without a limit."),
                ("in_flight", "Requests without an answer yet."),
                ("in_flight_limit", "Requests that are allowed at once."),
            )
        }
        health = Gauge("dailies_account_health", "1 for how it does.", labels=["account", "health"])
        for card in read_cards(self._now, {}):
            for name, meter in (("requests", card.requests), ("in_flight", card.at_once)):
                gauges[name].add_metric([card.account.slug], meter.value)
                if meter.limit is not None:
                    gauges[f"{name}_limit"].add_metric([card.account.slug], meter.limit)
            for one in Health:
                health.add_metric([card.account.slug, one], one is card.account.shown_health)
        yield from (*gauges.values(), health)

    def _queues(self) -> Iterator[Gauge]:
        archive = Gauge("dailies_archive_results", "Results that an archiver has to do.", labels=["state"])
        archive.add_metric(["due"], Result.objects.due(self._now).count())
        archive.add_metric(["held"], Result.objects.filter(claimed_by__isnull=False).count())
        submit = Gauge("dailies_create_calls", "Create calls without an answer yet.", labels=["state"])
        open_ = Submission.objects.filter(settled_at__isnull=True)
        sums = open_.aggregate(waiting=Count("pk", filter=Q(sent_at=None)), all=Count("pk"))
        submit.add_metric(["waiting"], sums["waiting"])
        submit.add_metric(["sent"], sums["all"] - sums["waiting"])
        yield from (archive, submit)


def _lines(pollers: list[Poller]) -> Iterator[Gauge]:
    held = Gauge("dailies_tasks_held", "Tasks that pollers hold.", labels=["account"])
    due = Gauge("dailies_tasks_due", "Tasks whose time to be asked has come.", labels=["account"])
    late = Gauge("dailies_due_lag_seconds", "How late the oldest due task is.", labels=["account"])
    by_account: dict[str, list[LineReport]] = {}
    for one in pollers:
        for line in Report.from_json(one.report).lines:
            by_account.setdefault(line.account, []).append(line)
    for account, lines in by_account.items():
        held.add_metric([account], sum(line.held for line in lines))
        due.add_metric([account], sum(line.due for line in lines))
        late.add_metric([account], max(line.late_s for line in lines))
    yield from (held, due, late)


def _tasks() -> Gauge:
    gauge = Gauge("dailies_tasks", "Tasks by status, without the trash.", labels=["status"])
    counts = dict(Task.objects.tracked().order_by().values_list("status").annotate(n=Count("pk")))
    for status in Status:
        gauge.add_metric([status], counts.get(status.value, 0))
    return gauge
