from django.contrib import admin

from dashboard.admin.base import RecordAdmin
from tasks.models import Bookmark, Channel, Delivery, Incident, Notice


@admin.register(Channel)
class ChannelAdmin(RecordAdmin):
    """Made and changed on the notifications page; addresses and secrets are shown nowhere."""

    list_display = (
        "name",
        "owner",
        "kind",
        "service",
        "address_hint",
        "enabled",
        "turned_off_at",
        "failures",
    )
    list_filter = ("kind", "enabled")
    list_select_related = ("owner",)
    search_fields = ("name",)
    exclude = ("address_encrypted", "secret_encrypted", "old_secret_encrypted")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    """Sent again from the channel's own page."""

    list_display = ("created_at", "channel", "what", "subject", "attempts", "http_status", "due_at")
    list_select_related = ("channel",)


@admin.register(Notice)
class NoticeAdmin(RecordAdmin):
    list_display = ("at", "channel", "what", "source", "gathered_at")
    list_select_related = ("channel",)
    ordering = ("-id",)


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ("account", "health", "message", "began_at", "ended_at")
    list_select_related = ("account",)
    ordering = ("-began_at",)


@admin.register(Bookmark)
class BookmarkAdmin(RecordAdmin):
    list_display = ("id", "event_id")
