"""A provider on a loopback port that gives everybody the same answer. For blocking code: it lives on a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.threads import Call, answering


@dataclass
class OneAnswer:
    """`keys` are the Authorization headers it was asked with, "" for none."""

    url: str = ""
    keys: list[str] = field(default_factory=list)


@contextmanager
def one_answer(status: int, body: object) -> Iterator[OneAnswer]:
    provider = OneAnswer()

    def answer(call: Call) -> None:
        provider.keys.append(call.headers.get("Authorization", ""))
        call.reply(status, body)

    with answering(answer) as provider.url:
        yield provider
