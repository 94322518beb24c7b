from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks.models.input import Input
from tasks.models.poller import Poller
from tasks.models.task import Task


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def unsent(self) -> "SubmissionQuerySet":
        """Those whose call is still to be made, by whoever claims it first."""
        return self.filter(sent_at__isnull=True, settled_at__isnull=True, claimed_by__isnull=True)

    def orphaned(self) -> "SubmissionQuerySet":
        """Those whose call went out from a process that died before it wrote the answer down."""
        return self.filter(sent_at__isnull=False, settled_at__isnull=True, claimed_by__isnull=True)


class Submission(models.Model):
    """The create call of a task. `sent_at` is committed before the call leaves, so that it never leaves twice."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="submission")
    params = models.JSONField()
    """Cleaned, as they are sent but for references to files of ours, which are handed over anew each time."""
    inputs = models.ManyToManyField(Input, related_name="submissions")
    """Those that the parameters name: they are kept while the call is still to be made."""
    fingerprint = models.CharField(max_length=64)
    """Of account, kind and parameters: tells when the same goes out again."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  NULL: unique ignores it
    retry_of = models.ForeignKey(Task, null=True, on_delete=models.SET_NULL, related_name="retries")
    together = models.UUIDField(null=True, blank=True)
    """Calls that one form asked for together; NULL for one alone."""
    line = models.PositiveIntegerField(null=True, blank=True)
    """Of that form's text."""
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """When it was known, or known to stay unknown, what came of it."""
    claimed_by = models.ForeignKey(Poller, null=True, on_delete=models.SET_NULL, db_index=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "idempotency_key"], name="submission_key_once"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="submission_open", condition=Q(settled_at__isnull=True)),
            models.Index(fields=["fingerprint", "-created_at"], name="submission_twins"),
            models.Index(
                fields=["together"], name="submission_together", condition=Q(together__isnull=False)
            ),
        ]
