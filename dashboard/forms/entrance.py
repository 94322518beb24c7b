from django import forms

from dashboard.forms import DeskForm
from dashboard.forms.passwords import password_field


class SignInForm(DeskForm):
    """Who is there. What is wrong is said about both fields together, never about one."""

    username = forms.CharField(
        max_length=150,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    password = password_field("Password", "current-password")
    remember = forms.BooleanField(label="Stay signed in for 30 days", required=False, initial=True)
