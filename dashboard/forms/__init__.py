"""Forms of the pages. A form reads what a person typed; what may happen is decided by the domain."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class DeskForm(forms.Form):
    """A form whose first wrong field has the focus when it is shown again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs.setdefault("class", "box")

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if not valid:
            self._focus_first_error()
        return valid

    def take_errors(self, error: ValidationError) -> None:
        """Show what the domain found wrong beside its field, or above the form when it has none here."""
        found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
        for name, errors in found.items():
            self.add_error(name if name in self.fields else None, ValidationError(errors))
        self._focus_first_error()

    def _focus_first_error(self) -> None:
        wrong = next((name for name in self.fields if name in self.errors), None)
        for name, field in self.fields.items():
            if wrong:
                field.widget.attrs["autofocus"] = name == wrong
