from typing import Any

from django import forms

from dashboard.forms import DeskForm
from tasks.models import Account, RetentionRule
from tasks.models.retention import MANY
from tasks.rules import LONGEST_DAYS, Terms

ALL = "*"
"""In place of a kind or of an account, whose slug it cannot be."""
KIND_CHOICES = [(ALL, "Everything"), *((kind.value, words) for kind, words in MANY.items())]


def account_choices() -> list[tuple[str, str]]:
    return [(ALL, "every account"), *((one.slug, str(one)) for one in Account.objects.all())]


class RuleForm(DeskForm):
    """What a retention rule says. `previewed` remembers of which terms the reader has seen the dry run."""

    kind = forms.ChoiceField(label="What", choices=KIND_CHOICES)
    account = forms.ChoiceField(label="Of", choices=account_choices)
    older_than_days = forms.IntegerField(
        label="Days since it was saved",
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, rule: RetentionRule | None = None, **kwargs: Any) -> None:
        if rule:
            kwargs["initial"] = {
                "account": rule.account.slug if rule.account else ALL,
                "kind": rule.kind or ALL,
                "older_than_days": rule.older_than_days,
            }
        super().__init__(*args, **kwargs)

    def terms(self) -> Terms:
        data = self.cleaned_data
        kind = "" if data["kind"] == ALL else data["kind"]
        account = Account.objects.filter(slug=data["account"]).first()
        return Terms(account, kind, data["older_than_days"])

    @property
    def seen(self) -> str:
        """Names the terms: what the button of a dry run sends along."""
        data = self.cleaned_data
        return f"{data['kind']} {data['account']} {data['older_than_days']}"

    @property
    def was_previewed(self) -> bool:
        """Whether the reader has seen what exactly these terms delete."""
        return bool(self.data.get("previewed") == self.seen)
