"""The form of a create call, made from the provider's own description of it: one call, or many at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from dashboard.forms import DeskForm
from dashboard.forms.parameters import PREFIX, parameter_field
from dashboard.forms.uploads import ROWS
from tasks.inputs.checking import check_references
from tasks.models import Account
from tasks.providers.forms import BadParams, Field, FieldType, Form, clean
from tasks.tables import ROWS_MAX, Problem, Table, read_lines, read_table
from tasks.tracking import Intent
from tasks.vocabulary import Kind

PROBLEMS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call: its parameters, cleaned, and the line of the form's text it came from; None when it is alone."""

    params: dict[str, object]
    intent: Intent
    line: int | None = None


class GenerationForm(DeskForm):
    """`wanted` once it is valid; `report` tells of each line what is wrong with it."""

    use_required_attribute = False  # a table or a template may say what is missing
    title = forms.CharField(max_length=500, required=False, help_text="What your team calls it.")
    tags = forms.CharField(max_length=500, required=False, help_text="Comma separated.")
    many = forms.BooleanField(
        required=False,
        label="One task for each line",
        help_text=f"Each line of the prompt is sent on its own, {ROWS_MAX} at most.",
    )
    rows = forms.CharField(
        required=False,
        strip=False,
        label="Table",
        help_text="CSV: the first row names parameters, as in “prompt,model,duration”, and also “title” and “tags”. "
        f"Each row below is a task, {ROWS_MAX} at most; what a row leaves empty is taken from this form.",
        widget=forms.Textarea({"rows": 4, "class": "mono", "spellcheck": "false", "wrap": "off"}),
    )
    extra = forms.CharField(
        required=False,
        label="Other parameters",
        help_text="A JSON object of what this page does not know. It is sent as it is.",
        widget=forms.Textarea({"rows": 3, "class": "mono", "spellcheck": "false"}),
    )

    def __init__(
        self,
        account: Account,
        form: Form,
        *args: Any,
        models: tuple[str, ...] = (),
        problems: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """`models`: suggested beside the description's own; `problems`: of files, by field."""
        super().__init__(*args, **kwargs)
        self.account = account
        self.form = form
        self.wanted: list[Wanted] = []
        self.report: list[Problem] = []
        self._problems = problems or {}
        for one in form.fields:
            self.fields[PREFIX + one.name] = parameter_field(one, form, models)
            if self.has_table:
                self.fields[PREFIX + one.name].required = False

    @property
    def has_table(self) -> bool:
        return self.is_bound and bool(str(self.data.get(ROWS, "")).strip())

    @property
    def sent(self) -> list[dict[str, object]]:
        """The parameters of each call."""
        return [one.params for one in self.wanted]

    def clean(self) -> dict[str, Any]:
        """Every call's parameters, as the provider's description has them; all of them, or none."""
        data = super().clean() or {}
        for name, message in self._problems.items():
            self.add_error(name, message)
        shared = self._given(data)
        if self.errors:
            return data
        if self.has_table or data.get("many"):
            place = ROWS if self.has_table else PREFIX + self.form.prompt
            self._read(self._table(data, shared), data, place)
        elif params := self._checked(shared):
            self.wanted = [Wanted(params, self._intent(data))]
        return data

    def kept(self) -> dict[str, object]:
        """What is filled in, to be saved as a template; None of it when something is wrong. Only when bound."""
        self.full_clean()
        return self._given(self.cleaned_data)

    def intent(self) -> Intent:
        return self._intent(self.cleaned_data)

    def refuse(self, error: BadParams) -> None:
        """Show what the domain found wrong later than this form did."""
        name = PREFIX + error.field
        self.add_error(name if name in self.fields else None, error.message)
        self.wanted = []

    def typed(self) -> dict[str, object]:
        """What stands in its fields, to show the same once more without errors."""
        return {name: self[name].value() for name in self.fields}

    def basic(self) -> list[forms.BoundField]:
        """What is shown at once."""
        return [self[PREFIX + one.name] for one in self.form.fields if one.basic]

    def more(self) -> list[forms.BoundField]:
        """What waits behind “More”."""
        return [self[PREFIX + one.name] for one in self.form.fields if not one.basic]

    @property
    def takes_files(self) -> bool:
        return any(one.type is FieldType.MEDIA for one in self.form.fields)

    @property
    def wants_more(self) -> bool:
        """Whether something behind “More” is filled in, or wrong."""
        hidden = [*self.more(), self["extra"]]
        return any(field.errors or field.value() for field in hidden)

    @property
    def shown_report(self) -> list[Problem]:
        return self.report[:PROBLEMS_SHOWN]

    @property
    def unshown(self) -> int:
        return max(0, len(self.report) - PROBLEMS_SHOWN)

    def _intent(self, data: Mapping[str, Any], title: str | None = None, tags: str | None = None) -> Intent:
        words = (data.get("tags", "") if tags is None else tags).split(",")
        return Intent(
            title=(data.get("title", "") if title is None else title).strip()[:500],
            tags=tuple(dict.fromkeys(word.strip()[:100] for word in words if word.strip())),
        )

    def _table(self, data: Mapping[str, Any], shared: dict[str, object]) -> Table:
        if not self.has_table:
            return read_lines(self.form, str(shared.pop(self.form.prompt, "")), shared)
        self._checked(shared, partial=True)
        return Table([], []) if self.errors else read_table(self.form, str(data.get(ROWS, "")), shared)

    def _read(self, table: Table, data: Mapping[str, Any], place: str) -> None:
        problems = list(table.problems)
        for row in table.rows:
            try:
                check_references(self.form, row.params)
            except BadParams as error:
                problems.append(Problem(row.line, error.message))
        self.report = sorted(problems, key=lambda one: one.line)
        if self.report:
            lines = len({one.line for one in self.report})
            self.add_error(place, f"{lines} line{'s are' if lines > 1 else ' is'} wrong. Nothing was sent.")
        elif not table.rows and not self.errors:
            self.add_error(place, f"{self.fields[PREFIX + self.form.prompt].label} is needed.")
        else:
            self.wanted = [
                Wanted(row.params, self._intent(data, row.title, row.tags), row.line) for row in table.rows
            ]

    def _checked(self, params: Mapping[str, object], *, partial: bool = False) -> dict[str, object]:
        """Cleaned; {} when something is wrong, which is told beside its field."""
        try:
            found = clean(self.form, params, partial=partial)
            check_references(self.form, found)
        except BadParams as error:
            self.refuse(error)
            return {}
        return found

    def _given(self, data: Mapping[str, Any]) -> dict[str, object]:
        extra = self._extra(data.get("extra", ""))
        ours = {one.name: self._value(one, data.get(PREFIX + one.name)) for one in self.form.fields}
        return extra | {name: value for name, value in ours.items() if value not in (None, "", [])}

    def _value(self, one: Field, typed: Any) -> object:
        if not typed or not isinstance(typed, str):
            return typed
        if one.type is FieldType.OBJECT:
            return self._json(PREFIX + one.name, typed)
        lines = [line.strip() for line in typed.splitlines() if line.strip()]
        if one.type is FieldType.MEDIA and not one.many and len(lines) > 1:
            self.add_error(PREFIX + one.name, f"{one.label} takes one file or address, not {len(lines)}.")
            return lines[0]
        return lines if one.many else typed

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
            if name not in self.errors:
                self.add_error(name, "This is no valid JSON.")
            return {}


def kind_of(word: str) -> Kind | None:
    return Kind(word) if word in set(Kind) else None
