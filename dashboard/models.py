from django.conf import settings
from django.db import models
from django.utils.timezone import now


class Theme(models.TextChoices):
    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Profile(models.Model):
    """What one person chose for their own pages."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    timezone = models.CharField(max_length=64, blank=True, default="")
    """An IANA name; "" is the browser's."""
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)

    news_of_all = models.BooleanField(default=False)
    """Whether the bell tells of everybody's tasks, not of one's own alone."""
    news_seen_at = models.DateTimeField(default=now)
    """When the person last looked at what happened."""

    def __str__(self) -> str:
        return str(self.user)
