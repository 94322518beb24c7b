from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.admin.base import RecordAdmin
from tasks.models import (
    AuditEntry,
    Batch,
    BatchItem,
    Dismissed,
    Input,
    Installation,
    Lookup,
    ModelList,
    Poller,
    RetentionRule,
    Template,
)


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """Read by everybody who may enter, changed by nobody."""

    list_display = ("at", "actor_name", "deed", "subject")
    list_filter = ("deed",)
    search_fields = ("search",)
    exclude = ("search",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """One case-folded column holds everything that is searched."""
        return queryset.filter(search__contains=search_term.casefold()), False


@admin.register(RetentionRule)
class RetentionRuleAdmin(RecordAdmin):
    """Made on the storage page, which shows first what a rule would delete."""

    list_display = ("__str__", "account", "kind", "enabled", "ran_at", "deleted_count")
    list_select_related = ("account",)


@admin.register(Input)
class InputAdmin(RecordAdmin):
    """Files that tasks begin from; they go by themselves."""

    list_display = ("__str__", "kind", "bytes", "owner", "created_at", "used_at", "gone_at")
    list_filter = ("kind",)
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(Template)
class TemplateAdmin(RecordAdmin):
    """Changed on their own page, by who may."""

    list_display = ("name", "provider", "kind", "owner", "shared", "changed_at")
    list_filter = ("provider", "kind", "shared")
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(ModelList)
class ModelListAdmin(RecordAdmin):
    list_display = ("account", "fetched_at", "asked_at", "problem")
    list_select_related = ("account",)
    ordering = ("account",)


@admin.register(Batch)
class BatchAdmin(RecordAdmin):
    list_display = ("created_at", "act", "by_name", "total", "done", "not_done", "ended_at")
    list_filter = ("act",)


@admin.register(BatchItem)
class BatchItemAdmin(RecordAdmin):
    list_display = ("id", "batch_id", "task_id", "state", "reason")
    list_filter = ("state",)
    ordering = ("-id",)


@admin.register(Lookup)
class LookupAdmin(RecordAdmin):
    list_display = ("task_id", "looked_at", "due_at", "times", "problem")
    ordering = ("task_id",)


@admin.register(Dismissed)
class DismissedAdmin(RecordAdmin):
    list_display = ("account", "remote_id")
    list_select_related = ("account",)
    ordering = ("-id",)


@admin.register(Poller)
class PollerAdmin(RecordAdmin):
    list_display = ("id", "host", "pid", "duty", "started_at", "heartbeat_at")
    ordering = ("-heartbeat_at",)


@admin.register(Installation)
class InstallationAdmin(RecordAdmin):
    list_display = ("id", "key_fingerprint")
