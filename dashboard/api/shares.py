"""What programs read and send of shares."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from dashboard.api.representation import time_json
from dashboard.api.texts import Text
from tasks.models import Share
from tasks.sharing import LONGEST_LIFE, PASSWORD_MAX, USUAL_LIFE, Terms

_SECONDS = Field(strict=True, gt=0, le=LONGEST_LIFE.total_seconds())


class ShareRequest(BaseModel):
    """What the link allows."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"expires_in": 86400, "allow_download": False}]}
    )

    expires_in: Annotated[float, _SECONDS] | None = Field(
        USUAL_LIFE.total_seconds(),
        description="Seconds until the link ends; null for never. 7 days when absent.",
    )
    password: Annotated[Text, StringConstraints(min_length=1, max_length=PASSWORD_MAX)] | None = Field(
        None, description="Asked for before anything is shown; null for none."
    )
    allow_download: bool = Field(
        default=True, strict=True, description="Whether the page offers the files to save."
    )

    def terms(self, now: datetime) -> Terms:
        """From `now` on."""
        end = None if self.expires_in is None else now + timedelta(seconds=self.expires_in)
        return Terms(expires_at=end, password=self.password or "", allow_download=self.allow_download)


class MadeShareJson(TypedDict):
    """A new link."""

    id: Annotated[str, Field(description="UUID; DELETE shares/{id} revokes it.")]
    url: Annotated[str, Field(description="The link, absolute. It is told this once: only its hash is kept.")]
    expires_at: Annotated[str | None, Field(description="When it ends, ISO 8601, UTC; null for never.")]


def made_share_json(share: Share, url: str) -> MadeShareJson:
    """`url`: as people open it; nobody can make it up from the row."""
    return MadeShareJson(id=str(share.pk), url=url, expires_at=_maybe_time(share.expires_at))


class ShareJson(TypedDict):
    """A link that was made. Its address is not known any more."""

    id: Annotated[str, Field(description="UUID; DELETE shares/{id} revokes it.")]
    title: Annotated[str, Field(description='Its own title; "" when it has the task\'s.')]
    has_password: Annotated[bool, Field(description="Whether it asks for a password first.")]
    allow_download: Annotated[bool, Field(description="Whether the page offers the files to save.")]
    views: Annotated[int, Field(description="Visitors, each once an hour; without bots and the team.")]
    last_seen_at: Annotated[str | None, Field(description="When it was last looked at, ISO 8601, UTC.")]
    created_at: Annotated[str, Field(description="When it was made, ISO 8601, UTC.")]
    created_by: Annotated[str | None, Field(description="Username of who made it.")]
    expires_at: Annotated[str | None, Field(description="When it ends, ISO 8601, UTC; null for never.")]


class SharesJson(TypedDict):
    """The links of a task."""

    items: Annotated[list[ShareJson], Field(description="Newest first; ended ones too, revoked ones not.")]


def share_json(share: Share) -> ShareJson:
    return ShareJson(
        id=str(share.pk),
        title=share.title,
        has_password=bool(share.password_hash),
        allow_download=share.allow_download,
        views=share.views,
        last_seen_at=_maybe_time(share.last_seen_at),
        created_at=time_json(share.created_at),
        created_by=share.created_by.get_username() if share.created_by else None,
        expires_at=_maybe_time(share.expires_at),
    )


def _maybe_time(at: datetime | None) -> str | None:
    return time_json(at) if at else None
