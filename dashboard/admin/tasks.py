from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.admin.base import FastAdmin, OfTaskAdmin, acting
from dashboard.admin.desk import DESK_ACTIONS, DeskActions, TaskForm
from dashboard.raw_answers import masked
from tasks.models import Event, RawAnswer, Result, Task
from tasks.tracking import EDITABLE, NothingToAsk, check_now, edit_task, restore, stop_tracking


@admin.register(Task)
class TaskAdmin(DeskActions, FastAdmin):
    """A task is deleted by stopping to track it: it goes to the trash, and from there for good after 30 days."""

    list_display = (
        "shown_title",
        "status",
        "kind",
        "account",
        "model",
        "created_by",
        "created_at",
        "starred",
        "archived_at",
        "deleted_at",
    )
    list_filter = (
        "status",
        "kind",
        "account",
        "starred",
        ("archived_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    form = TaskForm
    search_fields = ("search",)
    list_select_related = ("account", "created_by")
    ordering = ("-id",)
    """By time, too: and unlike `created_at` it has an index that covers the trash."""
    actions = ("ask_now", *DESK_ACTIONS, "stop", "take_back")
    fields: ClassVar[tuple[str, ...]] = (
        "account",
        "remote_id",
        "poll_url",
        "kind",
        "status",
        "raw_status",
        "progress",
        "model",
        "title",
        "prompt",
        "tags",
        "error_reason",
        "error_code",
        "error_message",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
        "deadline_at",
        "next_poll_at",
        "last_poll_at",
        "poll_count",
        "claimed_by",
        "starred",
        "archived_at",
        "deleted_at",
        "version",
    )
    readonly_fields = tuple(name for name in fields if name not in EDITABLE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        rows = super().get_queryset(request)
        return rows.defer("search", "error_message", "poll_url")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """One case-folded column holds everything that is searched."""
        return queryset.filter(search__contains=search_term.casefold()), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        edit_task(obj, {name: form.cleaned_data[name] for name in form.changed_data}, acting(request))

    @admin.action(description="Check now")
    def ask_now(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        asked = final = 0
        for task in queryset:
            try:
                check_now(task, acting(request))
                asked += 1
            except NothingToAsk:
                final += 1
        self.message_user(request, f"{asked} asked now, {final} final already.", messages.SUCCESS)

    @admin.action(description="Stop tracking")
    def stop(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        moved = stop_tracking(list(queryset.values_list("pk", flat=True)), acting(request))
        self.message_user(
            request, f"{len(moved)} moved to the trash. “Restore” brings them back for 30 days."
        )

    @admin.action(description="Restore from the trash")
    def take_back(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        moved = restore(list(queryset.values_list("pk", flat=True)), acting(request))
        self.message_user(request, f"{len(moved)} restored.")


@admin.register(Result)
class ResultAdmin(OfTaskAdmin):
    list_display = ("id", "task", "kind", "role", "archive", "bytes", "created_at")
    list_filter = ("kind", "archive")
    ordering = ("-id",)


@admin.register(Event)
class EventAdmin(OfTaskAdmin):
    list_display = ("at", "task", "type", "from_status", "to_status", "actor", "message")
    list_filter = ("type",)
    ordering = ("-id",)


@admin.register(RawAnswer)
class RawAnswerAdmin(OfTaskAdmin):
    list_display = ("task", "http_status", "at")
    ordering = ("-task_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawAnswer]:
        rows: QuerySet[RawAnswer] = super().get_queryset(request)
        return rows.defer("text")

    fields = readonly_fields = ("task", "http_status", "at", "answer")

    @admin.display(description="Answer, secrets masked")
    def answer(self, answer: RawAnswer) -> str:
        return masked(answer.text)
