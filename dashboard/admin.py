"""The admin site: every model, fast on large tables, with actions that run the same code as the pages."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html

from dashboard.models import Profile
from dashboard.people import Role, role_of
from dashboard.raw_answers import masked
from tasks.accounts import pause_account, resume_account, test_account
from tasks.models import Account, AccountUse, ApiToken, Event, Installation, Poller, RawAnswer, Result, Task
from tasks.providers.contract import ProviderError
from tasks.tracking import EDITABLE, NothingToAsk, check_now, edit_task, restore, stop_tracking

if TYPE_CHECKING:  # generic for the type checker alone
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyPaginator = admin.ModelAdmin, Paginator

admin.site.site_header = admin.site.site_title = "Dailies"
admin.site.index_title = "Everything behind the pages"

COUNTED_UP_TO = 10_000


class CappedPaginator(AnyPaginator):
    """Counts no further than 10,000 rows: a COUNT over a million is the slowest part of an admin list."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return len(rows[:COUNTED_UP_TO].values_list("pk")) if isinstance(rows, QuerySet) else len(rows)


class FastAdmin(AnyAdmin):
    """Lists that stay fast whatever the table's size."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50


class RecordAdmin(FastAdmin):
    """What Dailies itself writes down: to be looked at and searched, not edited."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class OfTaskAdmin(RecordAdmin):
    """Rows of tasks, the newest first. Searched by the task's id alone: anything else would read the whole table."""

    list_select_related = ("task",)
    search_fields = ("task__id",)
    search_help_text = "The id of a task, whole."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("task__search", "task__error_message", "task__poll_url")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(task_id=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False


@admin.register(Task)
class TaskAdmin(FastAdmin):
    """A task is deleted by stopping to track it: it goes to the trash, and from there for good after 30 days."""

    list_display = (
        "shown_title",
        "status",
        "kind",
        "account",
        "model",
        "created_by",
        "created_at",
        "deleted_at",
    )
    list_filter = ("status", "kind", "account", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("search",)
    list_select_related = ("account", "created_by")
    ordering = ("-id",)
    """By time, too: and unlike `created_at` it has an index that covers the trash."""
    actions = ("ask_now", "stop", "take_back")
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
        edit_task(obj, {name: form.cleaned_data[name] for name in form.changed_data}, _user(request))

    @admin.action(description="Check now")
    def ask_now(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        asked = final = 0
        for task in queryset:
            try:
                check_now(task, _user(request))
                asked += 1
            except NothingToAsk:
                final += 1
        self.message_user(request, f"{asked} asked now, {final} final already.", messages.SUCCESS)

    @admin.action(description="Stop tracking")
    def stop(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        moved = stop_tracking(list(queryset.values_list("pk", flat=True)), _user(request))
        self.message_user(
            request, f"{len(moved)} moved to the trash. “Restore” brings them back for 30 days."
        )

    @admin.action(description="Restore from the trash")
    def take_back(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        moved = restore(list(queryset.values_list("pk", flat=True)), _user(request))
        self.message_user(request, f"{len(moved)} restored.")


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    """Edited on the accounts page, where the key is write-only and the base URL is checked."""

    list_display = (
        "slug",
        "name",
        "provider",
        "base_url",
        "enabled",
        "health",
        "requests_per_minute",
        "edit",
    )
    list_filter = ("provider", "enabled", "health")
    search_fields = ("slug", "name", "base_url")
    exclude = ("api_key_encrypted",)
    actions = ("test", "pause", "resume")

    @admin.display(description="")
    def edit(self, account: Account) -> str:
        return format_html('<a href="{}">Edit</a>', reverse("account-edit", args=[account.slug]))

    @admin.action(description="Test the connection")
    def test(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            try:
                self.message_user(request, f"{account}: {test_account(account)}", messages.SUCCESS)
            except ProviderError as error:
                self.message_user(request, f"{account}: {error}", messages.ERROR)

    @admin.action(description="Pause")
    def pause(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            pause_account(account, _user(request))

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            resume_account(account, _user(request))


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


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    """Made on the profile page; deleting one here revokes it."""

    list_display = ("name", "user", "hint", "read_only", "created_at", "last_used_at")
    list_filter = ("read_only",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    exclude = ("token_hash",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return role_of(request.user) >= Role.MANAGER


@admin.register(Poller)
class PollerAdmin(RecordAdmin):
    list_display = ("id", "host", "pid", "started_at", "heartbeat_at")
    ordering = ("-heartbeat_at",)


@admin.register(AccountUse)
class AccountUseAdmin(RecordAdmin):
    list_display = ("account", "poller_id", "requests_last_minute", "in_flight", "at")
    list_select_related = ("account",)
    ordering = ("account",)


@admin.register(Installation)
class InstallationAdmin(RecordAdmin):
    list_display = ("id", "key_fingerprint")


@admin.register(Profile)
class ProfileAdmin(FastAdmin):
    list_display = ("user", "timezone", "theme")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    autocomplete_fields = ("user",)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
