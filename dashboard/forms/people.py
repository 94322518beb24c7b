from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard.forms import DeskForm
from dashboard.people import GROUPS, Role

ROLE_WORDS = {
    Role.VIEWER: "Viewer: sees everything",
    Role.MEMBER: "Member: tracks and stops tasks too",
    Role.MANAGER: "Manager: handles accounts and people too",
}
ROLE_CHOICES = [(role.name.lower(), words) for role, words in ROLE_WORDS.items()]


class UsernameField(forms.CharField):
    """A name to sign in with, free of what would be confused with others: checked as Django checks it."""

    def __init__(self, *, help_text: str = "") -> None:
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(max_length=150, help_text=help_text, widget=forms.TextInput(attrs=attrs))
        self.validators += User._meta.get_field("username").validators

    def clean(self, value: object) -> str:
        name: str = User.normalize_username(super().clean(value))
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(f"There is somebody called “{name}” already.")
        return name


class PersonForm(DeskForm):
    """Somebody new on the team; the password is set by themselves, with a link."""

    username = UsernameField(help_text="Letters, digits and @ . + - _")
    name = forms.CharField(max_length=150, required=False)
    email = forms.EmailField(label="E-mail", max_length=254, required=False)
    role = forms.ChoiceField(choices=ROLE_CHOICES, initial="member")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = "off"

    def role_value(self) -> Role:
        return Role[self.cleaned_data["role"].upper()]


class RoleForm(forms.Form):
    """The role a manager chose for somebody."""

    role = forms.ChoiceField(choices=[(name, name) for name in GROUPS])

    def role_value(self) -> Role:
        return Role[self.cleaned_data["role"].upper()]
