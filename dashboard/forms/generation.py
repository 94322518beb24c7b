"""The form of a create call, made from the provider's own description of it."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from dashboard.forms import DeskForm
from tasks.models import Account
from tasks.providers.forms import BadParams, Field, FieldType, Form, clean
from tasks.tracking import Intent
from tasks.vocabulary import Kind

PREFIX = "p-"
"""Before the names of the provider's own parameters: ours may be called the same."""
PROMPTS_MAX = 50
YES_NO = (("", "As the provider does"), ("true", "Yes"), ("false", "No"))


class GenerationForm(DeskForm):
    """`params()` once it is valid: cleaned, one for each prompt."""

    title = forms.CharField(max_length=500, required=False, help_text="What your team calls it.")
    tags = forms.CharField(max_length=500, required=False, help_text="Comma separated.")
    many = forms.BooleanField(
        required=False,
        label="One task for each line",
        help_text="Each line of the prompt is sent on its own.",
    )
    extra = forms.CharField(
        required=False,
        label="Other parameters",
        help_text="A JSON object of what this page does not know. It is sent as it is.",
        widget=forms.Textarea({"rows": 3, "class": "mono", "spellcheck": "false"}),
    )

    def __init__(self, account: Account, form: Form, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.form = form
        for one in form.fields:
            self.fields[PREFIX + one.name] = _field(one, form)
        self.sent: list[dict[str, object]] = []

    def clean(self) -> dict[str, Any]:
        """Every prompt's parameters, as the provider's description has them."""
        data = super().clean() or {}
        shared = self._given(data)
        prompts = self._prompts(data) if data.get("many") else [shared.get(self.form.prompt)]
        if len(prompts) > PROMPTS_MAX:
            self.add_error(PREFIX + self.form.prompt, f"At most {PROMPTS_MAX} lines go out at once.")
            return data
        for prompt in prompts:
            self._check(shared | {self.form.prompt: prompt})
        return data

    def intent(self) -> Intent:
        words = self.cleaned_data["tags"].split(",")
        return Intent(
            title=self.cleaned_data["title"].strip(),
            tags=tuple(dict.fromkeys(word.strip()[:100] for word in words if word.strip())),
        )

    def basic(self) -> list[forms.BoundField]:
        """What is shown at once."""
        return [self[PREFIX + one.name] for one in self.form.fields if one.basic]

    def more(self) -> list[forms.BoundField]:
        """What waits behind “More”."""
        return [self[PREFIX + one.name] for one in self.form.fields if not one.basic]

    @property
    def wants_more(self) -> bool:
        """Whether something behind “More” is filled in, or wrong."""
        hidden = [*self.more(), self["extra"]]
        return any(field.errors or field.value() for field in hidden)

    def _given(self, data: Mapping[str, Any]) -> dict[str, object]:
        extra = self._extra(data.get("extra", ""))
        ours = {one.name: self._value(one, data.get(PREFIX + one.name)) for one in self.form.fields}
        return extra | {name: value for name, value in ours.items() if value not in (None, "", [])}

    def _value(self, one: Field, typed: Any) -> object:
        if not typed or not isinstance(typed, str):
            return typed
        if one.type is FieldType.OBJECT:
            return self._json(PREFIX + one.name, typed)
        return [line.strip() for line in typed.splitlines() if line.strip()] if one.many else typed

    def _extra(self, text: str) -> dict[str, object]:
        found = self._json("extra", text) if text.strip() else {}
        if not isinstance(found, dict):
            self.add_error("extra", "It must be a JSON object, as in {“name”: “value”}.")
            return {}
        return found

    def _json(self, name: str, text: str) -> object:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            self.add_error(name, "This is no valid JSON.")
            return {}

    def _prompts(self, data: Mapping[str, Any]) -> list[object]:
        text = str(data.get(PREFIX + self.form.prompt) or "")
        return [line.strip() for line in text.splitlines() if line.strip()] or [""]

    def _check(self, params: Mapping[str, object]) -> None:
        try:
            self.sent.append(clean(self.form, params))
        except BadParams as error:
            name = PREFIX + error.field
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, error.message)


def initial_of(params: Mapping[str, object], form: Form) -> dict[str, object]:
    """The parameters of an earlier call, as this form shows them."""
    known = {
        PREFIX + name: _typed(form.by_name[name], params[name]) for name in params if name in form.by_name
    }
    unknown = {name: params[name] for name in form.unknown(params)}
    return known | ({"extra": json.dumps(unknown, ensure_ascii=False, indent=2)} if unknown else {})


def kind_of(word: str) -> Kind | None:
    return Kind(word) if word in set(Kind) else None


def _typed(one: Field, value: object) -> object:
    if one.type is FieldType.OBJECT:
        return json.dumps(value, ensure_ascii=False, indent=2)
    if one.type is FieldType.FLAG:
        return "true" if value else "false"
    return "\n".join(map(str, value)) if isinstance(value, list) else value


def _field(one: Field, form: Form) -> forms.Field:
    """Loose on purpose: what may stand in it is checked by the description, for page and API alike."""
    widget = _widget(one, one.choices or (form.models if one.name == "model" else ()))
    if one.models:
        widget.attrs["data-models"] = ",".join(one.models)
    if one.name == form.prompt:
        widget.attrs["autofocus"] = True
    help_text = " ".join(filter(None, (one.help, _default(one))))
    return forms.CharField(
        required=one.required,
        label=one.label,
        help_text=help_text,
        widget=widget,
        error_messages={"required": f"{one.label} is needed."},
    )


def _widget(one: Field, choices: tuple[str, ...]) -> forms.Widget:
    if one.type is FieldType.FLAG:
        return forms.Select(choices=YES_NO)
    if one.choices and not one.open:
        return forms.Select(choices=[("", "As the provider does"), *((word, word) for word in choices)])
    if one.type in (FieldType.LONG_TEXT, FieldType.OBJECT) or one.many:
        return forms.Textarea({"rows": 4 if one.basic else 2})
    attrs: dict[str, Any] = {"autocomplete": "off"}
    if choices:
        attrs["list"] = f"list-{one.name}"
    if one.type in (FieldType.WHOLE, FieldType.NUMBER):
        attrs["inputmode"] = "decimal"
    if one.type is FieldType.MEDIA:
        attrs |= {"placeholder": "https://…", "inputmode": "url"}
    return forms.TextInput(attrs)


def _default(one: Field) -> str:
    return f"Usually {one.default}." if one.default is not None and one.type is not FieldType.FLAG else ""


def suggestions(form: Form) -> list[tuple[str, tuple[str, ...]]]:
    """For the page's datalists: what is usual in a field that takes other values too."""
    lists = [(one.name, one.choices) for one in form.fields if one.choices and one.open]
    named = [one.name for one in form.fields if one.name == "model"]
    models = [(name, form.models) for name in named if form.models and not form.by_name[name].choices]
    return lists + models
