"""`POST tasks`: what its body may hold, and how it becomes a tracked task."""

import json
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from dashboard.api.refusals import invalid
from dashboard.api.texts import Name, Text, check_not_blank, check_storable
from tasks.archive.handed import holding
from tasks.desk import MAX_TAG, MAX_TAGS
from tasks.models import Account
from tasks.providers.addresses import id_at_end
from tasks.providers.contract import Adoption, Provider, ProviderError
from tasks.tracking import Intent
from tasks.vocabulary import Kind

MAX_REMOTE_ID = 512


Tag = Annotated[Name, StringConstraints(max_length=MAX_TAG)]


class TrackRequest(BaseModel):
    """A task that exists at the provider: exactly one of `remote_id`, `poll_url` and `response` names it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"account": "lemon", "remote_id": "ldtask_0123456789abcdef", "title": "Shot 12"}]
        },
    )

    account: Text = Field(description="The account's slug.")
    remote_id: Annotated[Name, StringConstraints(max_length=MAX_REMOTE_ID)] | None = Field(
        None, description="The provider's own identifier, as it came."
    )
    poll_url: Name | None = Field(
        None,
        description="Followed exactly as given; refused when it leads away from the account's own server.",
    )
    response: dict[str, object] | None = Field(
        None, description="The create call's JSON as it came. A final answer makes a final task at once."
    )
    kind: Annotated[Kind | None, WithJsonSchema({"enum": [kind.value for kind in Kind]})] = Field(
        None, description="What it makes, when the provider does not tell."
    )
    model: Annotated[Text, StringConstraints(max_length=200)] | None = Field(
        None, description="Which model makes it; else what the provider tells."
    )
    title: Annotated[Text, StringConstraints(max_length=500)] | None = Field(
        None, description="Its name for people."
    )
    prompt: Annotated[Text, StringConstraints(max_length=100_000)] | None = Field(
        None, description="What was asked for; else what the provider tells."
    )
    tags: Annotated[list[Tag], Field(max_length=MAX_TAGS)] | None = Field(
        None, description="Words to find it by."
    )

    def intent(self) -> Intent:
        """What the program adds to what the provider told."""
        return Intent(
            kind=self.kind,
            model=self.model or "",
            title=self.title or "",
            prompt=self.prompt or "",
            tags=tuple(self.tags or ()),
        )


def account_by_slug(slug: str) -> Account:
    """The account meant; it may be paused, since its tasks are sent and asked about when it resumes."""
    account = Account.objects.filter(slug=slug).first()
    if account is None:
        raise invalid("account", f"There is no account “{slug[:64]}”. GET accounts lists them.")
    return account


def adoption_of(wanted: TrackRequest, provider: Provider) -> Adoption:
    """The task meant, as far as the request itself tells; Refused unless it names exactly one."""
    given = [name for name in ("remote_id", "poll_url", "response") if getattr(wanted, name) is not None]
    if len(given) != 1:
        message = "Give exactly one of remote_id, poll_url and response."
        raise invalid(given[1] if given else "remote_id", message)
    if wanted.remote_id is not None:
        return _by_remote_id(wanted.remote_id, provider)
    if wanted.poll_url is not None:
        return _by_poll_url(wanted.poll_url, provider)
    return _by_response(wanted.response, provider)


def _by_remote_id(remote_id: str, provider: Provider) -> Adoption:
    """The provider may know the kind by the id's shape; the id stays as it was given."""
    known = provider.adopt(remote_id)
    return known if known and known.remote_id == remote_id else Adoption(remote_id)


def _by_poll_url(poll_url: str, provider: Provider) -> Adoption:
    known = provider.adopt(poll_url) or Adoption(id_at_end(poll_url))
    return replace(known, remote_id=_whole_id(known.remote_id, "poll_url"), poll_url=poll_url)


def _by_response(response: object, provider: Provider) -> Adoption:
    try:
        found = provider.parse_created(response)
    except ProviderError as error:
        raise invalid("response", error.message) from error
    found = holding(found, json.dumps(response).encode())
    return replace(found, remote_id=_whole_id(found.remote_id, "response")) if found.remote_id else found


def _whole_id(remote_id: str, field: str) -> str:
    try:
        check_storable(check_not_blank(remote_id))
    except ValueError as error:
        raise invalid(field, "It names no task: its last part is the task's id.") from error
    if len(remote_id) > MAX_REMOTE_ID:
        raise invalid(field, f"Its task id is longer than {MAX_REMOTE_ID} characters.")
    return remote_id
