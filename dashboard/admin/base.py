"""What the lists and pages of the admin site have in common."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:  # generic for the type checker alone
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyPaginator = admin.ModelAdmin, Paginator

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


def acting(request: HttpRequest) -> User | None:
    """Who does it."""
    return request.user if isinstance(request.user, User) else None
