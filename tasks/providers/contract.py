"""What every provider module offers, and the values that pass between a provider and the rest.

A provider turns an intent into a `Request` and an `Answer` into a `Snapshot`, or raises
`ProviderError`. It does no I/O and knows no Django, so every shape is tested as plain data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from tasks.providers.forms import Form
from tasks.vocabulary import Kind, Reason, Status


@dataclass(frozen=True, slots=True)
class TaskRef:
    """What a provider needs to know of a task to ask about it."""

    remote_id: str
    poll_url: str = ""
    """Exactly as the provider gave it; empty when it gave none."""
    kind: Kind = Kind.OTHER
    model: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request still to be sent. `target` is a path below the base URL, or an address as it was given."""

    target: str
    method: str = "GET"
    body: bytes = b""
    """JSON, where there is any."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: `body` is decompressed, `headers` have lower-case names."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class File:
    """One file a task made.

    `url` is absolute, or a path of the account's own server (then it wants the account's key); empty when the
    bytes came inside the answer (`inline`). `expired` says that the provider no longer has it. A path that
    `nebula.answers_with_base64` knows leads to JSON with the bytes in it, not to the bytes.
    """

    url: str
    kind: Kind
    role: str = "output"
    """`output`, or what else it is: `cover`, `last_frame`, `visualizer`, `lyrics`, `combined`, …"""
    name: str = ""
    content_type: str = ""
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    inline: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed. `message` is the provider's, shortened; `code` its own word, as a string."""

    reason: Reason
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one answer says of a task.

    `status` None: the status word is unknown to us. The task goes on as it was, and the word is shown.
    """

    status: Status | None
    raw_status: str
    progress: int | None = None
    """0 to 100, only what the provider reported. It decides nothing."""
    model: str = ""
    kind: Kind | None = None
    files: tuple[File, ...] = ()
    error: Failure | None = None
    poll_url: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a provider's list of tasks: the `number`-th, from 1, of so many pages of `size` tasks."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class ListedTask:
    """How a list says that a task stands. Its files are never in it: only a task's own answer names those."""

    remote_id: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: its tasks in the provider's order, None for a record that tells of none.

    `first` is the place of the first one in the whole list, from 0; `total` the length of that, where it is told.
    """

    tasks: tuple[ListedTask | None, ...]
    first: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a pasted text, or a create call's answer, tells of a task that exists at a provider.

    `remote_id` is empty only when the answer held the results at once and named no task.
    `snapshot` is there when the text told how the task stands.
    """

    remote_id: str
    poll_url: str = ""
    kind: Kind | None = None
    model: str = ""
    prompt: str = ""
    title: str = ""
    snapshot: Snapshot | None = None
    origin: str = ""
    """`scheme://host[:port]` when the text named one; tells which account is meant."""
    certain: bool = True
    """False when other providers use ids of this shape too."""
    likelihood: float = 1.0
    """0 to 1: how likely this provider is among those that use ids of this shape. For the order only."""
    answer: bytes = field(default=b"", repr=False, compare=False)
    """The JSON it was read from, when that holds whole files: nobody may be there to be asked for them again."""


class ErrorKind(StrEnum):
    TRANSIENT = "transient"
    """Try again; says nothing of the task."""
    LIMITED = "limited"
    """429: the account is asked to slow down."""
    NOT_FOUND = "not_found"
    """Says by its code that the task is gone."""
    MISSING = "missing"
    """A bare 404: believed after three times over at least a minute."""
    UNAUTHORIZED = "unauthorized"
    """The account's key is refused."""
    FORBIDDEN = "forbidden"
    """This key may not see this task."""
    QUOTA = "quota"
    """The account has no money left."""
    INVALID = "invalid"
    """An answer that makes no sense."""


@dataclass
class ProviderError(Exception):
    """An answer, or its absence, that tells nothing of how the task stands.

    `message` is a sentence for people, without keys; `retry_after_s` what the provider asked for.
    """

    kind: ErrorKind
    message: str
    code: str | None = None
    retry_after_s: float | None = None
    http_status: int | None = None
    first_bytes: bytes = field(default=b"", repr=False)
    """Of an answer that made no sense, for the log."""

    def __str__(self) -> str:
        return self.message

    @property
    def said_once(self) -> str:
        """The message without the promise to ask again, which is made of polls."""
        return self.message.replace(" We ask again.", "")


@dataclass(frozen=True, slots=True)
class About:
    """What a listed task is about: its subject, the parameters of its create call, and when they were written down."""

    subject: str
    params: Mapping[str, object] = field(default_factory=dict)
    at: datetime | None = None


class Lister(Protocol):
    """Of a provider that tells of many tasks at once."""

    def list_request(self, page: Page) -> Request:
        """The request for a page of the account's tasks."""
        ...

    def parse_list(self, answer: Answer, page: Page) -> Listed:
        """What the page says; ProviderError when it is none. Never any other exception."""
        ...

    def subject_request(self, remote_id: str) -> Request:
        """The request that tells what a listed task is about: a list does not say."""
        ...

    def parse_about(self, answer: Answer) -> About | None:
        """What it is about; None when the answer does not tell, or not yet."""
        ...

    def was_made_by(self, about: About, sent: Mapping[str, object]) -> bool:
        """Whether a create call with the parameters `sent` would have made a task that is about this."""
        ...


class Provider(Protocol):
    """The shape of a provider module."""

    NAME: str
    """As people know it: `LemonData`."""
    SHORT: str
    """Two letters for its sign."""
    DEFAULT_BASE_URL: str
    NEEDS_KEY: bool
    SUMMARY: str
    """One line for the page that offers to connect it."""

    def poll_request(self, ref: TaskRef) -> Request:
        """The request that asks how a task stands: `ref.poll_url` as given where there is one."""
        ...

    def probe_request(self) -> Request:
        """The cheapest documented request that shows whether the server answers and takes the key."""
        ...

    def check_probe(self, answer: Answer) -> None:
        """Return when the answer to `probe_request` shows a working account; raise ProviderError when not."""
        ...

    def parse_task(self, answer: Answer, ref: TaskRef) -> Snapshot:
        """How the task stands; ProviderError when the answer does not tell. Never any other exception."""
        ...

    def parse_created(self, body: object) -> Adoption:
        """Of a create call's JSON, as it came; ProviderError (invalid) when it names neither task nor result."""
        ...

    def read_created(self, answer: Answer) -> Adoption:
        """Of a create call's answer; ProviderError when the provider refused it, or nobody can tell."""
        ...

    def adopt(self, text: str) -> Adoption | None:
        """Of a task id, poll URL or JSON answer that this provider could have given; None when it could not."""
        ...

    def stream_request(self, url: str) -> Request | None:
        """Where a file with this `url` is played from, a range at a time, while only the provider has it.

        None where its bytes come packed inside an answer.
        """
        ...

    FORMS: Mapping[Kind, Form]
    """What can be made, and what each create call takes."""
    LISTING: Lister | None
    """None where each task has to be asked about by itself."""

    MODELS: Request | None
    """Asks which models the key may use (`model_lists.parse_models` reads the answer); None where nobody tells."""

    KINDS_MADE: Mapping[str, Kind]
    """What a POST to each path makes, as far as that is tracked; for programs that send such calls themselves."""

    def create_request(self, kind: Kind, params: Mapping[str, object], task_id: UUID) -> Request:
        """The call that makes one thing of `kind`, out of cleaned `params`; KeyError for a kind without a form.

        `task_id` is our own: a provider that takes ids of ours makes a task that can be found again by it.
        """
        ...

    def cancel_request(self, ref: TaskRef) -> Request | None:
        """The call that cancels a task before it is made; None where the provider has none."""
        ...

    def delete_request(self, ref: TaskRef) -> Request | None:
        """The call that deletes a task and its files at the provider; None where the provider has none."""
        ...

    def deadline_s(self, kind: Kind, model: str) -> float:
        """Seconds from tracking until we give up waiting, unless the account says otherwise."""
        ...

    def auth_headers(self, api_key: str) -> Mapping[str, str]:
        """The headers that carry the key; empty without one."""
        ...
