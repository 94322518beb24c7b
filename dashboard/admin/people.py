"""People in the admin site. What is saved or deleted here is judged and remembered by `DailiesAdmin`."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from dashboard.admin.base import CappedPaginator, FastAdmin, RecordAdmin, acting
from dashboard.models import Profile
from dashboard.people import Role, role_of
from tasks.models import ApiToken

if TYPE_CHECKING:  # generic for the type checker alone
    Base = UserAdmin[User]
else:
    Base = UserAdmin

admin.site.unregister((User, Group))


@admin.register(User)
class PersonAdmin(Base):
    """An administrator is changed by administrators alone, down to name and e-mail."""

    changes_people = True
    paginator = CappedPaginator
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_within_reach(request, obj)


@admin.register(Group)
class RoleAdmin(RecordAdmin):
    """The three roles. Who has which is set at the person; a role itself is never renamed or deleted."""

    list_display = search_fields = ("name",)


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    """Made on the profile page; deleting one here revokes it."""

    changes_people = True
    list_display = ("name", "user", "hint", "read_only", "created_at", "last_used_at")
    list_filter = ("read_only",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    exclude = ("token_hash",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return role_of(request.user) >= Role.MANAGER


@admin.register(Profile)
class ProfileAdmin(FastAdmin):
    list_display = ("user", "timezone", "theme")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    autocomplete_fields = ("user",)


def _is_within_reach(request: HttpRequest, person: User | None) -> bool:
    by = acting(request)
    return by is not None and (by.is_superuser or person is None or not person.is_superuser)
