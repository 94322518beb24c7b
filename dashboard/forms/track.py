from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.forms import DeskForm
from dashboard.paste import without_keys
from dashboard.wording import KINDS
from tasks.recognition import MAX_TEXT
from tasks.tracking import Intent
from tasks.vocabulary import Kind

TAGS_MAX = 20
TAG_MAX = 50


class TrackForm(DeskForm):
    """What somebody pasted and what they add to it. The page shows the text again, but no key in it."""

    text = forms.CharField(
        label="Pasted text",
        max_length=MAX_TEXT,
        widget=forms.Textarea(
            attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "none", "autofocus": True}
        ),
        error_messages={
            "required": "Paste something first.",
            "max_length": "That is more than a million characters. Paste fewer at once.",
        },
    )
    title = forms.CharField(max_length=500, required=False, help_text="For a single task.")
    tags = forms.CharField(max_length=1000, required=False, help_text="Separated by commas.")
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "As the provider says"), *((kind.value, word) for kind, word in KINDS.items())],
    )

    @classmethod
    def read(cls, posted: QueryDict) -> "TrackForm":
        """From a form as it was sent."""
        data = posted.copy()
        data["text"] = without_keys(posted.get("text", "")[: MAX_TEXT + 1])
        return cls(data)

    def clean_tags(self) -> tuple[str, ...]:
        tags = tuple(
            dict.fromkeys(tag for raw in self.cleaned_data["tags"].split(",") if (tag := raw.strip()))
        )
        if len(tags) > TAGS_MAX:
            raise ValidationError(f"A task has at most {TAGS_MAX} tags.")
        if any(len(tag) > TAG_MAX for tag in tags):
            raise ValidationError(f"A tag has at most {TAG_MAX} characters.")
        return tags

    def intent(self, *, alone: bool) -> Intent:
        """What the person adds to every task; the title only to one that comes alone."""
        data: dict[str, Any] = self.cleaned_data
        return Intent(
            kind=Kind(data["kind"]) if data["kind"] else None,
            title=data["title"] if alone else "",
            tags=data["tags"],
        )
