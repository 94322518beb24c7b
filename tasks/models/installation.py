from django.db import models


class Installation(models.Model):
    """The one row that remembers which secret key this database belongs to."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key_fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="installation_once")]
