"""Stars, the archive and tags on the admin site, by the same code as on the pages."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.admin.base import AnyAdmin, acting
from dashboard.figures import counted
from tasks.desk import BadTags, checked_tags, put_aside, set_starred, take_back
from tasks.models import Task

if TYPE_CHECKING:  # generic for the type checker alone
    AnyForm = forms.ModelForm[Task]
else:
    AnyForm = forms.ModelForm

Act = Callable[[list[UUID], User | None], list[UUID]]
DESK_ACTIONS = ("star", "unstar", "archive", "unarchive")


class TaskForm(AnyForm):
    """What may be edited of a task."""

    def clean_tags(self) -> list[str]:
        tags = self.cleaned_data["tags"] or []
        try:
            return checked_tags(tags if isinstance(tags, list) else [tags])
        except BadTags as error:
            raise ValidationError(str(error)) from error


class DeskActions(AnyAdmin):
    """Each tells how many it changed."""

    @admin.action(description="Star")
    def star(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._do(request, queryset, lambda ids, _: set_starred(ids, starred=True), "starred")

    @admin.action(description="Remove the star")
    def unstar(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._do(request, queryset, lambda ids, _: set_starred(ids, starred=False), "without a star now")

    @admin.action(description="Archive: out of the list, still found")
    def archive(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._do(request, queryset, put_aside, "archived")

    @admin.action(description="Unarchive")
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self._do(request, queryset, take_back, "in the list again")

    def _do(self, request: HttpRequest, queryset: QuerySet[Task], act: Act, done: str) -> None:
        moved = act(list(queryset.values_list("pk", flat=True)), acting(request))
        self.message_user(request, f"{counted(len(moved), 'task')} {done}.")
