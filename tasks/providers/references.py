"""References to files of ours among a call's parameters: `dailies:input/<id>`, `dailies:result/<id>`. Pure.

No provider knows the scheme, so that a reference is never taken for an address. It stands where a picture, a sound
or a video may stand, within objects as well; in what is plain text it is text like any other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tasks.providers.forms import REFERENCE, FieldType, Form, Params

SCHEME = "dailies:"
DEEPEST = 50
"""Levels of objects and lists that are looked into."""
_HOLDS = frozenset({FieldType.MEDIA, FieldType.OBJECT})


class Source(StrEnum):
    """Where the file comes from."""

    INPUT = "input"
    """Somebody gave it for this."""
    RESULT = "result"
    """A task made it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Which file. As text it is what stands in the parameters."""

    source: Source
    id: UUID

    def __str__(self) -> str:
        return f"{SCHEME}{self.source}/{self.id}"


def parse(value: object) -> Reference | None:
    """The reference that a whole text is; None when it is none."""
    if not isinstance(value, str) or not value.startswith(SCHEME):
        return None
    found = REFERENCE.fullmatch(value)
    return Reference(Source(found[1]), UUID(found[2])) if found else None


def references_in(form: Form, params: Params) -> list[tuple[str, Reference]]:
    """Each with the name of the parameter it stands in."""
    return [(name, one) for name, value in params.items() if _may_hold(form, name) for one in _walk(value)]


def with_texts(form: Form, params: Params, texts: Mapping[Reference, str]) -> dict[str, object]:
    """The parameters with each reference replaced by its text; KeyError when there is none for it."""
    return {name: _filled(value, texts) if _may_hold(form, name) else value for name, value in params.items()}


def _may_hold(form: Form, name: str) -> bool:
    field = form.by_name.get(name)
    return field is None or field.type in _HOLDS


def _walk(value: object, depth: int = 0) -> Iterator[Reference]:
    if isinstance(value, str):
        if found := parse(value):
            yield found
    elif depth < DEEPEST and isinstance(value, list | dict):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _walk(member, depth + 1)


def _filled(value: object, texts: Mapping[Reference, str], depth: int = 0) -> object:
    if isinstance(value, str):
        found = parse(value)
        return texts[found] if found else value
    if depth >= DEEPEST:
        return value
    if isinstance(value, dict):
        return {name: _filled(member, texts, depth + 1) for name, member in value.items()}
    return [_filled(member, texts, depth + 1) for member in value] if isinstance(value, list) else value
