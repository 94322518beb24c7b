"""Whether the files that a wish names can be handed over: asked before anything is written, let alone sent."""

from collections.abc import Iterable
from uuid import UUID

from tasks.figures import size
from tasks.inputs.found import Found, find
from tasks.inputs.limits import INLINE_ALL_MAX_BYTES, INLINE_MAX_BYTES, WORDS
from tasks.inputs.links import links_work
from tasks.providers.forms import BadParams, Field, Form, Params
from tasks.providers.references import Reference, Source, references_in

GONE = {
    Source.INPUT: "is no longer here: give it again",
    Source.RESULT: "is not kept here, or its task is in the trash: choose another",
}
NEEDS_LINK = "Larger files need PUBLIC_URL to be an https address that the provider reaches."


def check_references(form: Form, params: Params) -> dict[Reference, Found]:
    """The files that the parameters name, each once; BadParams when one cannot be had or does not fit."""
    named = references_in(form, params)
    if not named:
        return {}
    known, inside_bytes = find(one for _, one in named), 0
    for name, reference in named:
        found = known.get(reference)
        label = form.by_name[name].label if name in form.by_name else name
        if found is None:
            raise BadParams(name, f"{label}: the file {GONE[reference.source]}.")
        _check_fits(form.by_name.get(name), name, label, found)
        inside_bytes += found.size_bytes
    if not links_work() and inside_bytes > INLINE_ALL_MAX_BYTES:
        limit = size(INLINE_ALL_MAX_BYTES)
        raise BadParams(named[0][0], f"The files of one call may have {limit} together. {NEEDS_LINK}")
    return known


def inputs_among(references: Iterable[Reference]) -> list[UUID]:
    """The ids of those that somebody gave."""
    return [one.id for one in references if one.source is Source.INPUT]


def _check_fits(field: Field | None, name: str, label: str, found: Found) -> None:
    if field and field.accepts and field.accepts is not found.kind:
        is_ = WORDS.get(found.kind, f"of kind {found.kind}")
        raise BadParams(
            name, f"{label} takes {WORDS.get(field.accepts, field.accepts)}; “{found.name}” is {is_}."
        )
    most = field.max_bytes if field else None
    if most is not None and found.size_bytes > most:
        raise BadParams(
            name, f"{label} takes at most {size(most)}; “{found.name}” has {size(found.size_bytes)}."
        )
    if not links_work() and found.size_bytes > INLINE_MAX_BYTES:
        has = f"“{found.name}” has {size(found.size_bytes)}, more than the {size(INLINE_MAX_BYTES)}"
        raise BadParams(name, f"{label}: {has} that can be sent inside a call. {NEEDS_LINK}")
