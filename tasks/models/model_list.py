from django.db import models

from tasks.models.account import Account


class ModelList(models.Model):
    """What an account's provider said it can make things with, as it was last asked."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="model_list"
    )
    names = models.JSONField(default=list)
    """`[name, [kinds]]` each, in the provider's order; no kinds where nobody can tell."""
    wanted_at = models.DateTimeField(null=True, blank=True)
    """Somebody looked at a list that is too old; NULL once it is asked for."""
    asked_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True, default="")
    """Why the last question brought no list; "" when it did."""

    def __str__(self) -> str:
        return f"models of {self.account}"
