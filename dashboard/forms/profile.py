from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django import forms
from django.core.exceptions import ValidationError

from dashboard.forms import DeskForm
from dashboard.models import Theme
from tasks.models import Account


@cache
def zone_names() -> tuple[str, ...]:
    """The IANA names that people choose from, without the old aliases outside a region."""
    regional = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*regional, "UTC")


class ProfileForm(DeskForm):
    """What one person chooses for their own pages."""

    name = forms.CharField(
        max_length=150, required=False, help_text="What the others see instead of your username."
    )
    timezone = forms.CharField(
        label="Time zone",
        max_length=64,
        required=False,
        help_text="Empty: as the browser says.",
        widget=forms.TextInput(
            attrs={"list": "zones", "placeholder": "As the browser says", "autocomplete": "off"}
        ),
    )
    theme = forms.ChoiceField(choices=Theme.choices)

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        try:
            return ZoneInfo(name).key if name else ""
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValidationError(f"“{name}” is no time zone. Pick one such as Europe/Berlin.") from error


class ThemeForm(forms.Form):
    """One press of the switch between light and dark."""

    theme = forms.ChoiceField(choices=Theme.choices)


class TokenForm(DeskForm):
    """A token for a program of one's own."""

    name = forms.CharField(max_length=100, label="What is it for?", help_text="Such as “render script”.")
    access = forms.ChoiceField(
        help_text="A gateway token stands in the place of one account’s key, and opens nothing else."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gateways = {f"gateway:{one.slug}": one for one in Account.objects.order_by("slug")}
        self.fields["access"].choices = [  # type: ignore[attr-defined]
            ("full", "Full: may do what you may"),
            ("read", "Read-only: sees, changes nothing"),
            *((value, f"Gateway of {one} only") for value, one in self._gateways.items()),
        ]

    @property
    def read_only(self) -> bool:
        return bool(self.cleaned_data["access"] == "read")

    @property
    def gateway_of(self) -> Account | None:
        """The account whose gateway it opens, if that is all it does."""
        return self._gateways.get(self.cleaned_data["access"])
