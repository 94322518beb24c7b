from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from dashboard.forms import DeskForm
from dashboard.forms.people import UsernameField


def password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    """A password as it was typed: spaces belong to it."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=4096, widget=widget, help_text=help_text)


class NewPasswordForm(DeskForm):
    """A password for `user`, typed twice and strong enough."""

    password = password_field("New password", "new-password")
    again = password_field("The same again", "new-password")

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = "At least 8 characters; nothing common, nothing like your name."

    def clean(self) -> dict[str, Any]:
        password, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if password and again and password != again:
            self.add_error("again", "The two passwords differ.")
        if password:
            try:
                validate_password(password, self._owner())
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data

    def _owner(self) -> User | None:
        return self.user


class ChangePasswordForm(NewPasswordForm):
    """Only who knows the present password may change it."""

    present = password_field("Present password", "current-password")
    field_order = ("present", "password", "again")

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if self.user is None or not self.user.check_password(present):
            raise ValidationError("That is not your present password.")
        return present


class FirstManagerForm(NewPasswordForm):
    """Who begins: a username and a password."""

    username = UsernameField(help_text="Letters, digits and @ . + - _")
    field_order = ("username", "password", "again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "Password"
        self.fields["username"].widget.attrs["autofocus"] = True

    def _owner(self) -> User | None:
        return User(username=self.cleaned_data.get("username", ""))
