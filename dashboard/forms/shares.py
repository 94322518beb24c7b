"""Forms of shares: what a link allows, when it is made and later."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from dashboard.figures import long_date
from dashboard.forms import DeskForm
from tasks.models import Share
from tasks.sharing import PASSWORD_MAX, USUAL_LIFE, Terms

NEVER, AS_IT_IS = "never", "same"
LIVES = {
    timedelta(hours=1): "1 hour",
    timedelta(days=1): "1 day",
    USUAL_LIFE: "7 days",
    timedelta(days=30): "30 days",
    timedelta(days=365): "1 year",
}
CHOICES = [(str(int(life.total_seconds())), words) for life, words in LIVES.items()]
CHOICES.append((NEVER, "Until somebody revokes it"))
NOTE_MAX = 2_000


def _switch() -> forms.CheckboxInput:
    return forms.CheckboxInput(attrs={"class": "switch"})


class ShareForm(DeskForm):
    """What a new link allows."""

    life = forms.ChoiceField(label="Works for", choices=CHOICES, initial=CHOICES[2][0])
    title = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    note = forms.CharField(
        max_length=NOTE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown below the result.",
    )
    password = forms.CharField(
        max_length=PASSWORD_MAX,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Asked for before anything is shown. Tell it over another channel.",
    )
    allow_download = forms.BooleanField(
        label="Allow downloads", required=False, initial=True, widget=_switch()
    )
    show_prompt = forms.BooleanField(label="Show the prompt", required=False, widget=_switch())

    def terms(self, now: datetime) -> Terms:
        """From `now` on."""
        data = self.cleaned_data
        return Terms(
            expires_at=end_of(data["life"], now),
            password=data["password"],
            allow_download=data["allow_download"],
            show_prompt=data["show_prompt"],
            title=data["title"],
            note=data["note"],
        )


class ChangeForm(ShareForm):
    """The same of a link that is there. Its password is not known, only that it has one."""

    no_password = forms.BooleanField(label="Ask for no password any more", required=False)

    def __init__(self, data: Any, share: Share) -> None:
        super().__init__(
            data,
            initial={
                name: getattr(share, name) for name in ("title", "note", "allow_download", "show_prompt")
            },
        )
        ends = long_date(share.expires_at) if share.expires_at else "no end"
        from_now = [(value, words if value == NEVER else f"{words} from now") for value, words in CHOICES]
        life = self.fields["life"]
        life.label, life.initial = "Ends", AS_IT_IS
        life.choices = [(AS_IT_IS, f"As it is: {ends}"), *from_now]  # type: ignore[attr-defined]
        password = self.fields["password"]
        if share.password_hash:
            password.label = "Another password"
            password.help_text = "Empty: the one it has. Whoever knows that one is asked again."
        else:
            del self.fields["no_password"]

    def values(self, now: datetime) -> dict[str, object]:
        """The columns as they are to be."""
        data = self.cleaned_data
        found = {name: data[name] for name in ("title", "note", "allow_download", "show_prompt")}
        return found if data["life"] == AS_IT_IS else found | {"expires_at": end_of(data["life"], now)}

    @property
    def new_password(self) -> str | None:
        """None to leave it, "" to remove it."""
        if self.cleaned_data.get("no_password"):
            return ""
        return self.cleaned_data["password"] or None


def end_of(life: str, now: datetime) -> datetime | None:
    """When a link of one of the CHOICES ends; None for never."""
    return None if life == NEVER else now + timedelta(seconds=int(life))
