"""One parameter of a create call as a field of a form, made from the provider's own description of it."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from dashboard.forms.media import MediaInput
from tasks.providers.forms import Field, FieldType, Form, described

PREFIX = "p-"
"""Before the names of the provider's own parameters: ours may be called the same."""
YES_NO = (("", "As the provider does"), ("true", "Yes"), ("false", "No"))
Lists = list[tuple[str, tuple[str, ...]]]


def parameter_field(one: Field, form: Form, models: tuple[str, ...] = ()) -> forms.Field:
    """Loose on purpose: what may stand in it is checked by the description, for page and API alike."""
    widget = _widget(one, one.choices or ((models or form.models) if one.name == "model" else ()))
    if one.models:
        widget.attrs["data-models"] = ",".join(one.models)
    if one.name == form.prompt:
        widget.attrs["autofocus"] = True
    help_text = " ".join(filter(None, (described(one), _default(one))))
    return forms.CharField(
        required=one.required,
        label=one.label,
        help_text=help_text,
        widget=widget,
        error_messages={"required": f"{one.label} is needed."},
    )


def suggestions(form: Form, models: tuple[str, ...] = ()) -> Lists:
    """For the page's datalists: what is usual in a field that takes other values too. `models`: what there are."""
    lists = [
        (one.name, one.choices) for one in form.fields if one.choices and one.open and one.name != "model"
    ]
    own = form.by_name.get("model")
    if own is None or (own.choices and not own.open):
        return lists
    usual = own.choices or form.models
    named = tuple(dict.fromkeys((*(one for one in usual if not models or one in models), *models)))
    return [*lists, ("model", named)] if named else lists


def initial_of(params: Mapping[str, object], form: Form) -> dict[str, object]:
    """The parameters of an earlier call, as this form shows them."""
    known = {
        PREFIX + name: _typed(form.by_name[name], params[name]) for name in params if name in form.by_name
    }
    unknown = {name: params[name] for name in form.unknown(params)}
    return known | ({"extra": json.dumps(unknown, ensure_ascii=False, indent=2)} if unknown else {})


def _typed(one: Field, value: object) -> object:
    if one.type is FieldType.OBJECT:
        return json.dumps(value, ensure_ascii=False, indent=2)
    if one.type is FieldType.FLAG:
        return "true" if value else "false"
    return "\n".join(map(str, value)) if isinstance(value, list) else value


def _widget(one: Field, choices: tuple[str, ...]) -> forms.Widget:
    if one.type is FieldType.MEDIA:
        return MediaInput(one)
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
    return forms.TextInput(attrs)


def _default(one: Field) -> str:
    return f"Usually {one.default}." if one.default is not None and one.type is not FieldType.FLAG else ""
