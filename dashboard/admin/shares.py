from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from dashboard.admin.base import OfTaskAdmin, RecordAdmin, acting
from dashboard.people import Role, role_of
from tasks.models import Share, ShareItem
from tasks.sharing import revoke


@admin.register(Share)
class ShareAdmin(RecordAdmin):
    """Made and changed on the pages; what opens a share is kept as hashes only, which nobody needs to see."""

    list_display = (
        "__str__",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "views",
        "last_seen_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("created_by",)
    search_fields = ("title",)
    exclude = ("token_hash", "password_hash")
    actions = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        if role_of(request.user) < Role.MEMBER:
            self.message_user(request, "Revoking needs the role “member”.", messages.ERROR)
            return
        ended = revoke(list(queryset.values_list("pk", flat=True)), acting(request))
        self.message_user(request, f"{len(ended)} revoked. Whoever opens them finds nothing.")


@admin.register(ShareItem)
class ShareItemAdmin(OfTaskAdmin):
    list_display = ("share", "position", "task", "result")
    list_select_related: ClassVar[tuple[str, ...]] = ("share", "task", "result")  # type: ignore[assignment]
    ordering = ("-id",)
