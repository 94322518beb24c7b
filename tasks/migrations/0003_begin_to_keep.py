"""What an earlier version tracked is kept too, and found by its tags."""

from typing import Any

from django.db import migrations
from django.utils import timezone

CHUNK = 500


def begin_to_keep(apps: Any, _: Any) -> None:
    rows = apps.get_model("tasks", "Result").objects
    rows.filter(archive="pending", archive_due_at=None).update(archive_due_at=timezone.now())


def index_tags(apps: Any, _: Any) -> None:
    tasks = apps.get_model("tasks", "Task").objects
    for task in tasks.exclude(tags=[]).only("tags").iterator(CHUNK):
        words = [str(tag).strip().casefold() for tag in task.tags]
        tasks.filter(pk=task.pk).update(tag_words="\n".join(["", *words, ""]))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_archive_shares_audit")]
    operations = [
        migrations.RunPython(begin_to_keep, migrations.RunPython.noop),
        migrations.RunPython(index_tags, migrations.RunPython.noop),
    ]
