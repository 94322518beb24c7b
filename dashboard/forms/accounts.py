from typing import Any

from django import forms
from django.utils.text import slugify

from dashboard.forms import DeskForm
from tasks.accounts import Config
from tasks.models import Account
from tasks.providers import PROVIDER_CHOICES, PROVIDERS

CONFIG_FIELDS = (
    "name",
    "base_url",
    "requests_per_minute",
    "concurrency",
    "poll_interval_s",
    "deadline_s",
    "enabled",
    "imports",
)


class AccountForm(DeskForm):
    """What a manager may set of an account. The key is write-only: it never travels back to the page."""

    name = forms.CharField(max_length=100, required=False, help_text="What people call it, such as “Studio”.")
    base_url = forms.CharField(
        label="Base URL", max_length=500, required=False, widget=forms.URLInput(attrs={"spellcheck": "false"})
    )
    api_key = forms.CharField(
        label="Key",
        max_length=4096,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    requests_per_minute = forms.IntegerField(
        label="Requests a minute",
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="In any 60 seconds. Empty: no limit.",
    )
    concurrency = forms.IntegerField(
        label="Requests at once", min_value=1, max_value=500, initial=20, help_text="1 to 500."
    )
    poll_interval_s = forms.FloatField(
        label="Poll interval, seconds",
        min_value=0.2,
        max_value=3600,
        required=False,
        help_text="The longest gap between two asks of a running task. Empty: asked when it is likely to have ended.",
    )
    deadline_s = forms.FloatField(
        label="Deadline, seconds",
        min_value=10,
        required=False,
        help_text="Given up after that long. Empty: what the provider usually needs.",
    )
    enabled = forms.BooleanField(
        label="Ask this account", required=False, initial=True, help_text="Off: paused, nothing is asked."
    )

    def clean(self) -> dict[str, Any]:
        if self.errors and self.data.get("api_key"):
            self.add_error("api_key", "Enter the key once more: it is never sent back to a page.")
        return self.cleaned_data

    def config(self) -> Config:
        """The values as the domain takes them; no `api_key` when the field was left empty."""
        config: Config = {name: self.cleaned_data[name] for name in CONFIG_FIELDS if name in self.fields}  # type: ignore[assignment]
        if self.cleaned_data["api_key"]:
            config["api_key"] = self.cleaned_data["api_key"]
        return config


class NewAccountForm(AccountForm):
    """Adds what is decided once: the provider and the slug."""

    provider = forms.ChoiceField(choices=PROVIDER_CHOICES)
    slug = forms.SlugField(
        max_length=64,
        required=False,
        help_text="What programs call it; it never changes. Empty: made from the name.",
    )
    field_order = ("provider", "name", "slug", "base_url", "api_key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_url"].help_text = "Empty: the provider's own address."
        self.fields["api_key"].help_text = "Kept encrypted, and never shown again."
        self.fields["base_url"].widget.attrs |= {
            f"data-{name}": provider.DEFAULT_BASE_URL for name, provider in PROVIDERS.items()
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.errors and not values["slug"]:
            values["slug"] = suggest_slug(values["name"] or values["provider"])
        return values


class EditAccountForm(AccountForm):
    """Changes what may change. An empty key leaves the stored one."""

    remove_key = forms.BooleanField(label="Remove the stored key", required=False)
    imports = forms.BooleanField(
        label="Take in new tasks by itself",
        required=False,
        help_text="Reads the server’s list every one to five minutes, for at most a tenth of its requests, and tracks"
        " what is new there. What was stopped here is not taken in again.",
    )
    field_order = ("name", "base_url", "api_key", "remove_key")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(account, name) for name in CONFIG_FIELDS}, **kwargs)
        self.fields["base_url"].required = True
        self.fields["api_key"].help_text = _about_key(account)
        if account.provider_module.LISTING is None:
            del self.fields["imports"]
        if not account.api_key_encrypted:
            del self.fields["remove_key"]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("remove_key") and values.get("api_key"):
            self.add_error("api_key", "Either enter a new key or remove the stored one, not both.")
        return values

    def config(self) -> Config:
        config = super().config()
        if self.cleaned_data.get("remove_key"):
            config["api_key"] = ""
        return config


def suggest_slug(text: str) -> str:
    """A free slug like the text: `studio`, else `studio-2`, …"""
    stem = slugify(text)[:56] or "account"
    taken = set(Account.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := stem if n == 1 else f"{stem}-{n}") not in taken
    )


def _about_key(account: Account) -> str:
    if not account.api_key_encrypted:
        return "None is stored. It is kept encrypted, and never shown again."
    ending = f", it ends in …{account.api_key_hint}" if account.api_key_hint else ""
    return f"One is stored{ending}. Empty: it stays."
