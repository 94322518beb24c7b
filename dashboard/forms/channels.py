from typing import Any

from django import forms
from django.conf import settings

from dashboard.forms import DeskForm
from tasks.models import Channel
from tasks.notifying.channels import Terms
from tasks.vocabulary import ChannelKind, Tells

MINE, TEAM = "mine", "team"
WHOSE = [(MINE, "Yours"), (TEAM, "The team’s")]
TASKS_OF = [("mine", "Your own"), ("all", "Everybody’s")]
TELLS = [
    (Tells.ENDED.value, "Every end"),
    (Tells.WRONG.value, "Only what went wrong"),
    (Tells.NOTHING.value, "None"),
]
EXAMPLES = (
    ("Mail", "mailtos://user:password@example.org?smtp=mail.example.org&to=mira@example.org"),
    ("Slack", "https://hooks.slack.com/services/T…/B…/…"),
    ("Discord", "https://discord.com/api/webhooks/…/…"),
    ("Telegram", "tgram://BOT_TOKEN/CHAT_ID"),
    ("ntfy", "ntfys://my-topic"),
    ("ntfy, your own", "ntfys://user:password@ntfy.example/my-topic"),
    ("Feishu", "feishu://TOKEN"),
    ("DingTalk", "dingtalk://TOKEN"),
    ("Teams", "the address of the workflow, as Teams gives it"),
    ("Gotify", "gotifys://gotify.example/TOKEN"),
    ("Pushover", "pover://USER_KEY@TOKEN"),
)
"""How the addresses of the usual services look."""
ADDRESS_HINTS = {
    ChannelKind.CHAT: (
        "An address as the library Apprise writes it, such as ntfys://my-topic, mailtos://user:password@example.org"
        " or what Slack or Discord gave you. Kept encrypted, and never shown again."
    ),
    ChannelKind.WEBHOOK: (
        "Messages are sent there as JSON by POST, and signed. Kept encrypted; only its host is ever shown."
    ),
}


class WriteOnlyInput(forms.TextInput):
    """Can be read while it is typed, and never travels back to a page."""

    def format_value(self, value: Any) -> None:
        return None


class ChannelForm(DeskForm):
    """What a channel tells, where, and when."""

    name = forms.CharField(max_length=100, help_text="What you call it, such as “Phone” or “Render farm”.")
    address = forms.CharField(
        max_length=4000,
        widget=WriteOnlyInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    tells = forms.ChoiceField(
        label="Ends of tasks",
        choices=TELLS,
        help_text="Wrong is what failed, got lost at the provider, took too long or could not be confirmed.",
    )
    tasks_of = forms.ChoiceField(label="Whose tasks", choices=TASKS_OF)
    tells_accounts = forms.BooleanField(
        label="Account trouble",
        required=False,
        help_text="One message when an account cannot be reached or its key is refused, one when that is over.",
    )
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    quiet_to = forms.TimeField(
        label="Quiet to", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )

    def __init__(self, *args: Any, kind: ChannelKind, of_team: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].help_text = ADDRESS_HINTS[kind]
        zone = settings.SITE_TIME_ZONE.key
        self.fields["quiet_to"].help_text = f"In {zone}. What happens meanwhile comes as one message later."
        if kind is ChannelKind.WEBHOOK:
            del self.fields["quiet_from"], self.fields["quiet_to"]
        if of_team:
            del self.fields["tasks_of"]

    def clean(self) -> dict[str, Any]:
        if self.errors and self.data.get("address"):
            self.add_error("address", "Enter the address once more: it is never sent back to a page.")
        return self.cleaned_data

    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(
            name=data["name"],
            mine_only=data.get("tasks_of") == MINE and data.get("whose") != TEAM,
            tells=Tells(data["tells"]),
            tells_accounts=data["tells_accounts"],
            quiet_from=data.get("quiet_from"),
            quiet_to=data.get("quiet_to"),
        )


class NewChannelForm(ChannelForm):
    """Adds what is decided once: whose it is."""

    whose = forms.ChoiceField(
        choices=WHOSE, help_text="The team’s tell of everybody’s tasks and are every manager’s to change."
    )
    field_order = ("name", "whose", "address")

    def __init__(self, *args: Any, kind: ChannelKind, is_manager: bool, **kwargs: Any) -> None:
        super().__init__(*args, kind=kind, of_team=False, **kwargs)
        if not is_manager:
            del self.fields["whose"]

    @property
    def is_of_team(self) -> bool:
        return bool(self.cleaned_data.get("whose") == TEAM)


class EditChannelForm(ChannelForm):
    """An empty address leaves the stored one."""

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        initial = {
            "name": channel.name,
            "tells": channel.tells,
            "tasks_of": "mine" if channel.mine_only else "all",
            "tells_accounts": channel.tells_accounts,
            "quiet_from": channel.quiet_from,
            "quiet_to": channel.quiet_to,
        }
        kind, of_team = ChannelKind(channel.kind), channel.owner_id is None
        super().__init__(*args, kind=kind, of_team=of_team, initial=initial, **kwargs)
        self.fields["address"].required = False
        self.fields["address"].help_text = f"One is stored: {channel.address_hint}. Empty: it stays."
