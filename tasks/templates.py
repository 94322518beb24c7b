"""What people do with templates: parameters under a name, their own or shared with the team."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from tasks.creating import form_of
from tasks.models import Account, Template
from tasks.models.template import TemplateQuerySet
from tasks.providers.forms import Params, clean
from tasks.storable import clean as storable
from tasks.tracking import Intent
from tasks.transactions import write_transaction
from tasks.vocabulary import Kind

NAME_MAX = 100
MOST = 200
"""Of one person for one provider and kind: more than anybody finds anything in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template is to hold."""

    name: str
    kind: Kind
    params: Params
    intent: Intent = field(default_factory=Intent)
    shared: bool = False


def templates_for(account: Account, kind: Kind, user: User) -> TemplateQuerySet:
    """What a person may begin from: their own, and the team's."""
    return Template.objects.visible_to(user).filter(provider=account.provider, kind=kind)


def save_template(account: Account, draft: Draft, owner: User) -> Template:
    """A new one, or the owner's own of that name with other contents. ValidationError by field; BadParams."""
    name = _clean_name(draft.name)
    params = clean(form_of(account, draft.kind), draft.params, partial=True)
    mine = Template.objects.filter(owner=owner, provider=account.provider, kind=draft.kind)
    values = {
        "params": params,
        "title": draft.intent.title,
        "tags": list(draft.intent.tags),
        "shared": draft.shared,
        "changed_at": timezone.now(),
    }
    with write_transaction():
        if not mine.filter(name=name).exists() and mine.count() >= MOST:
            raise ValidationError({"name": f"You have {MOST} templates here already. Delete one first."})
        row, _ = mine.update_or_create(
            name=name, owner=owner, provider=account.provider, kind=draft.kind, defaults=values
        )
    return row


def change_template(row: Template, name: str, *, shared: bool) -> None:
    """ValidationError when the name is empty, too long, or its owner's already."""
    name = _clean_name(name)
    try:
        with write_transaction():
            Template.objects.filter(pk=row.pk).update(name=name, shared=shared, changed_at=timezone.now())
    except IntegrityError as error:
        raise ValidationError({"name": f"There is a template “{name}” already."}) from error


def delete_template(template_id: UUID) -> None:
    """Tasks that began from it stay as they are."""
    with write_transaction():
        Template.objects.filter(pk=template_id).delete()


def _clean_name(text: str) -> str:
    name = storable(" ".join(text.split()), NAME_MAX + 1)
    if not name:
        raise ValidationError({"name": "A template needs a name."})
    if len(name) > NAME_MAX:
        raise ValidationError({"name": f"A name has {NAME_MAX} characters at most."})
    return name
