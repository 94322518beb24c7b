"""What a create call takes, described once: the page's form, the API's check and its OpenAPI are made from it.

What a description does not know passes through as it was given: providers learn new parameters faster than we do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

from tasks.figures import size
from tasks.vocabulary import Kind

MAX_TEXT = 100_000
MAX_MANY = 50
REFERENCE = re.compile(
    r"dailies:(input|result)/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
"""A file of ours, where a picture, sound or video may stand; see `references.py`."""

Params = Mapping[str, object]


class FieldType(StrEnum):
    """What may stand in a field."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"
    MEDIA = "media"
    """A picture, sound or video: its address, its `data:` URI, or a reference to a file of ours (`references.py`)."""
    OBJECT = "object"
    """JSON as it is."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter. `choices` are all there is unless `open`, when they are only suggested."""

    name: str
    type: FieldType
    label: str
    help: str = ""
    required: bool = False
    default: str | int | float | bool | None = None
    """What the provider does when it is left out; shown, never sent."""
    choices: tuple[str, ...] = ()
    open: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = MAX_TEXT
    many: bool = False
    accepts: Kind | None = None
    """Of a MEDIA field."""
    max_bytes: int | None = None
    """Of a MEDIA field: the largest file it takes; None where nobody tells."""
    models: tuple[str, ...] = ()
    """Beginnings of the models that take it; empty for all."""
    basic: bool = False
    """Shown at once; the others wait behind “More”."""

    def fits(self, model: str) -> bool:
        """Whether a model takes this field, as far as its name tells."""
        return not self.models or model.lower().startswith(self.models)


@dataclass(frozen=True, slots=True)
class Form:
    """Everything a provider takes to make one kind of thing. `prompt` names the field that tells what to make."""

    kind: Kind
    title: str
    fields: tuple[Field, ...]
    prompt: str = "prompt"
    models: tuple[str, ...] = ()
    """Suggested where the provider has no list of its own; others may be given."""
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.fields})

    def unknown(self, params: Params) -> list[str]:
        """The parameters that the description does not know: they pass through, marked as such."""
        return [name for name in params if name not in self.by_name]


@dataclass
class BadParams(ValueError):
    """A parameter cannot be used. `message` is a sentence for people."""

    field: str
    message: str

    def __str__(self) -> str:
        return self.message


def clean(form: Form, params: Params, *, partial: bool = False) -> dict[str, object]:
    """The parameters as they are sent: known ones checked and in their type, empty ones left out. BadParams.

    `partial`: they are to be kept, not sent, so that what is needed may be missing.
    """
    kept = {name: value for name, value in params.items() if not _is_empty(value)}
    for one in form.fields:
        if one.required and not partial and one.name not in kept:
            raise BadParams(one.name, f"{one.label} is needed.")
    return {name: _value(form.by_name.get(name), value) for name, value in kept.items()}


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def _value(one: Field | None, value: object) -> object:
    if one is None:
        return value
    if not one.many:
        return _single(one, value)
    members = value if isinstance(value, list) else [value]
    if len(members) > MAX_MANY:
        raise BadParams(one.name, f"{one.label}: at most {MAX_MANY} may be given.")
    return [_single(one, member) for member in members]


def _single(one: Field, value: object) -> object:
    match one.type:
        case FieldType.WHOLE | FieldType.NUMBER:
            return _number(one, value)
        case FieldType.FLAG:
            return _flag(one, value)
        case FieldType.OBJECT:
            return value
        case _:
            return _text(one, value)


def _number(one: Field, value: object) -> int | float:
    found = _as_number(value)
    if found is None or (one.type is FieldType.WHOLE and not found.is_integer()):
        raise BadParams(one.name, f"{one.label} must be a {'whole ' * (one.type is FieldType.WHOLE)}number.")
    if one.minimum is not None and found < one.minimum:
        raise BadParams(one.name, f"{one.label} must be at least {one.minimum:g}.")
    if one.maximum is not None and found > one.maximum:
        raise BadParams(one.name, f"{one.label} must be at most {one.maximum:g}.")
    _check_choice(one, f"{found:g}")
    return int(found) if one.type is FieldType.WHOLE else found


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def _flag(one: Field, value: object) -> bool:
    words = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False}
    found = value if isinstance(value, bool) else words.get(str(value).strip().lower())
    if found is None:
        raise BadParams(one.name, f"{one.label} must be true or false.")
    return found


def _text(one: Field, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadParams(one.name, f"{one.label} must be text.")
    found = str(value)
    if one.type is not FieldType.MEDIA and len(found) > one.max_length:
        raise BadParams(one.name, f"{one.label} must not be longer than {one.max_length:,} characters.")
    if one.type is FieldType.MEDIA and not _is_media(found):
        raise BadParams(one.name, f"{one.label} must be a web address, a data: URI or a file of ours.")
    _check_choice(one, found)
    return found


def _is_media(text: str) -> bool:
    return text.startswith(("http://", "https://", "data:")) or bool(REFERENCE.fullmatch(text))


def _check_choice(one: Field, word: str) -> None:
    if one.choices and not one.open and word not in one.choices:
        raise BadParams(one.name, f"{one.label} must be one of: {', '.join(one.choices)}.")


def json_schema(form: Form) -> dict[str, object]:
    """The parameters as JSON Schema, for OpenAPI."""
    return {
        "title": form.title,
        "type": "object",
        "properties": {one.name: _property(one) for one in form.fields},
        "required": [one.name for one in form.fields if one.required],
        "additionalProperties": True,
    }


def described(one: Field) -> str:
    """Its help, and of a file how large it may be."""
    limit = f"At most {size(one.max_bytes)}." if one.max_bytes is not None else ""
    return " ".join(filter(None, (one.help, limit)))


_TYPES = {FieldType.WHOLE: "integer", FieldType.NUMBER: "number", FieldType.FLAG: "boolean"}


def _property(one: Field) -> dict[str, object]:
    bounds = {"minimum": one.minimum, "maximum": one.maximum, "default": one.default}
    single: dict[str, object] = {name: bound for name, bound in bounds.items() if bound is not None}
    if one.type is FieldType.OBJECT:
        single["type"] = "object"
    elif one.choices and one.type not in _TYPES:
        single |= {"type": "string", "examples" if one.open else "enum": list(one.choices)}
    else:
        single["type"] = _TYPES.get(one.type, "string")
    about = {"title": one.label, "description": described(one)}
    return about | ({"type": "array", "items": single} if one.many else single)
