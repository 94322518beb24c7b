from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from dashboard.forms import DeskForm
from dashboard.paste import without_keys
from dashboard.wording import KINDS
from tasks.figures import size
from tasks.recognition import MAX_TEXT
from tasks.tracking import Intent
from tasks.vocabulary import Kind

FILE_BYTES = 4_000_000
"""A million characters take no more."""
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""How spreadsheets begin what they call Unicode text."""
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

    file = forms.FileField(
        required=False,
        label="Or a file",
        help_text="CSV with a header, JSON lines, or anything that could be pasted.",
        widget=forms.FileInput(
            attrs={"accept": ".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/*,application/json"}
        ),
    )

    @classmethod
    def read(cls, posted: QueryDict, files: Mapping[str, Any]) -> "TrackForm":
        """From a form as it was sent. A file is read into the text: what follows is about that alone."""
        data = posted.copy()
        sent, problem = _text_of(files.get("file"))
        data["text"] = without_keys((sent or posted.get("text", ""))[: MAX_TEXT + 1])
        form = cls(data)
        if problem and "file" not in form.errors:
            form.add_error("file", problem)
        return form

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


def _text_of(file: Any) -> tuple[str, str]:
    """What a file holds, and what is wrong with it; both "" when there is none."""
    if not isinstance(file, UploadedFile):
        return "", ""
    raw = file.read(FILE_BYTES + 1)
    if len(raw) > FILE_BYTES:
        return "", f"The file is larger than {size(FILE_BYTES)}. Send it in parts."
    for encoding in ("utf-8-sig", "utf-16") if raw[:2] in UTF_16_MARKS else ("utf-8-sig",):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding).replace("\0", ""), ""
    return "", "The file is no text in UTF-8."
