from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from dashboard.admin.base import RecordAdmin, acting
from tasks.accounts import pause_account, resume_account, test_account
from tasks.models import Account, AccountUse
from tasks.providers.contract import ProviderError


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
            pause_account(account, acting(request))

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            resume_account(account, acting(request))


@admin.register(AccountUse)
class AccountUseAdmin(RecordAdmin):
    list_display = ("account", "holder", "requests", "places", "requests_last_minute", "in_flight", "at")
    list_select_related = ("account",)
    ordering = ("account",)
