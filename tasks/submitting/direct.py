"""Create calls that programs send themselves, through the gateway: committed before they leave, as ours are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User

from tasks.auditing import name_of
from tasks.creating import fingerprint
from tasks.lifecycle import Change, NewEvent, record
from tasks.models import Account, Submission, Task
from tasks.models.task import deadline
from tasks.providers.fields import items, mapping, text
from tasks.publishing import publish_tasks
from tasks.storable import clean
from tasks.transactions import write_transaction
from tasks.vocabulary import EventType, Kind, Status

PROMPT_MAX = 100_000
WORD_MAX = 200


@dataclass(frozen=True, slots=True)
class Call:
    """What a program is about to have made. `params`: its JSON, empty where the body is none."""

    kind: Kind
    params: Mapping[str, object]


def begin(account: Account, call: Call, user: User, holder: UUID, now: datetime) -> Submission:
    """A task whose call leaves right after this, from the living process `holder`."""
    model = clean(text(call.params.get("model")), WORD_MAX)
    task = Task(
        account=account,
        kind=call.kind,
        status=Status.SUBMITTING,
        model=model,
        title=clean(text(call.params.get("title")), WORD_MAX),
        prompt=clean(prompt_of(account, call), PROMPT_MAX),
        created_by=user,
        created_at=now,
        status_at=now,
        changed_at=now,
        deadline_at=deadline(account, call.kind, model, now),
    )
    begun = NewEvent(
        EventType.CREATED,
        f"Sent by a program through the gateway of {account}",
        to_status=Status.SUBMITTING,
        actor=name_of(user),
    )
    with write_transaction():
        task.save(force_insert=True)
        submission = Submission.objects.create(
            task=task,
            params=dict(call.params),
            fingerprint=fingerprint(account, call.kind, call.params),
            owner=user,
            created_at=now,
            sent_at=now,
            claimed_by_id=holder,
        )
        record(task.pk, Change(events=(begun,)), now)
        publish_tasks([task.pk])
    return submission


def prompt_of(account: Account, call: Call) -> str:
    """What the program wrote for the model to make, wherever its dialect puts it."""
    form = account.provider_module.FORMS.get(call.kind)
    told = text(call.params.get(form.prompt), PROMPT_MAX) if form else ""
    metadata = mapping(call.params.get("metadata"))
    parts = [*items(call.params.get("content")), *items(metadata.get("content"))]
    written = [text(mapping(part).get("text"), PROMPT_MAX) for part in parts]
    return told or "\n".join(filter(None, written))
