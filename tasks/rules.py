"""What managers do with retention rules. Every change goes into the audit log."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from tasks.auditing import remember
from tasks.models import Account, RetentionRule
from tasks.transactions import write_transaction
from tasks.vocabulary import Deed

LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says: None is every account, "" every kind."""

    account: Account | None
    kind: str
    older_than_days: int

    def rule(self) -> RetentionRule:
        """A rule that is not saved. ValidationError by field for a wrong value."""
        rule = RetentionRule(account=self.account, kind=self.kind, older_than_days=self.older_than_days)
        rule.full_clean()
        if self.older_than_days > LONGEST_DAYS:
            raise ValidationError(
                {"older_than_days": f"At most {LONGEST_DAYS:,} days: later than that is never."}
            )
        return rule


def make_rule(terms: Terms, by: User) -> RetentionRule:
    """It runs within a minute. ValidationError for a wrong value, and when there is such a rule already."""
    rule = terms.rule()
    with write_transaction():
        _check_is_new(terms, but=None)
        rule.save(force_insert=True)
        remember(Deed.RULE_MADE, by, rule, subject_id=rule.pk)
    return rule


def change_rule(rule: RetentionRule, terms: Terms, by: User) -> None:
    """ValidationError as for `make_rule`. A change has the rule run anew."""
    wanted, before = terms.rule(), str(rule)
    if (rule.account_id, rule.kind, rule.older_than_days) == (
        wanted.account_id,
        wanted.kind,
        wanted.older_than_days,
    ):
        return
    rule.account, rule.kind, rule.older_than_days = wanted.account, wanted.kind, wanted.older_than_days
    with write_transaction():
        _check_is_new(terms, but=rule)
        _restart(rule, "account", "kind", "older_than_days")
        remember(Deed.RULE_CHANGED, by, rule, subject_id=rule.pk, details=f"before: {before}")


def enable_rule(rule: RetentionRule, by: User) -> None:
    """It runs within a minute. Harmless to repeat."""
    _switch(rule, by, enabled=True)


def disable_rule(rule: RetentionRule, by: User) -> None:
    """It deletes no more; a run under way ends after its present chunk."""
    _switch(rule, by, enabled=False)


def run_rule(rule: RetentionRule) -> None:
    """Have an enabled rule run within a minute instead of within the hour."""
    with write_transaction():
        RetentionRule.objects.filter(pk=rule.pk, began_at=None).update(ran_at=None)


def delete_rule(rule: RetentionRule, by: User | None) -> None:
    """What it deleted stays deleted."""
    with write_transaction():
        remember(Deed.RULE_DELETED, by, rule, subject_id=rule.pk)
        rule.delete()


def _switch(rule: RetentionRule, by: User, *, enabled: bool) -> None:
    if rule.enabled == enabled:
        return
    rule.enabled = enabled
    with write_transaction():
        _restart(rule, "enabled")
        remember(
            Deed.RULE_CHANGED, by, rule, subject_id=rule.pk, details="enabled" if enabled else "disabled"
        )


def _restart(rule: RetentionRule, *changed: str) -> None:
    rule.ran_at = rule.began_at = None
    rule.save(update_fields=[*changed, "ran_at", "began_at"])


def _check_is_new(terms: Terms, *, but: RetentionRule | None) -> None:
    same = RetentionRule.objects.filter(
        account=terms.account, kind=terms.kind, older_than_days=terms.older_than_days
    )
    others = same.exclude(pk=but.pk) if but else same
    if others.exists():
        raise ValidationError("There is a rule that says exactly this.")
