from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """Lets a program act as its user. Only the token's hash is kept; `hint` is its last four characters."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True, default="")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    read_only = models.BooleanField(default=False)
    account = models.ForeignKey(
        "tasks.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="gateway_tokens"
    )
    """It opens this account's gateway alone, and nothing else; None for all that its user may do."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or f"…{self.hint}"
