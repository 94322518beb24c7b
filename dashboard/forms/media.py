"""Where a picture, a sound or a video is given: uploaded, chosen from what is here, or named by its address."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.given_files import given_files
from tasks.inputs.limits import MAX_BYTES
from tasks.providers.forms import Field
from tasks.providers.references import parse
from tasks.vocabulary import Kind

REF, FILE, DROP = "-ref", "-file", "-drop"
"""After the field's name: files given already, files being uploaded, and those of the first to be left out."""
PLURAL = {Kind.IMAGE: "pictures", Kind.VIDEO: "videos", Kind.AUDIO: "sounds"}


class MediaInput(forms.Widget):
    """Its value is text, a file or address on each line: references to files of ours, then what was typed."""

    needs_multipart_form = True

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        dropped = set(_all(data, name + DROP))
        given = [one for one in _all(data, name + REF) if one not in dropped]
        typed = [line.strip() for line in str(data.get(name) or "").splitlines()]
        return "\n".join(dict.fromkeys(filter(None, [*given, *typed])))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(name + end in data for end in ("", REF))

    def id_for_label(self, id_: str, index: object = None) -> str:
        return id_

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        lines = str(value or "").splitlines()
        references = [found for line in lines if (found := parse(line))]
        kind = self.field.accepts
        ctx = {
            "name": name,
            "attrs": {
                key: value for key, value in (self.attrs | (attrs or {})).items() if value is not False
            },
            "models": ",".join(self.field.models),
            "many": self.field.many,
            "kind": kind or "",
            "plural": PLURAL.get(kind, "files") if kind else "files",
            "accept": f"{kind}/*" if kind else "image/*,video/*,audio/*",
            "files": given_files(references),
            "typed": "\n".join(line for line in lines if not parse(line)),
            "placeholder": "https://…",
            "max_bytes": MAX_BYTES,
        }
        return render_to_string("create/_media.html", ctx)


def _all(data: Mapping[str, Any], name: str) -> list[str]:
    return data.getlist(name) if isinstance(data, QueryDict) else []
