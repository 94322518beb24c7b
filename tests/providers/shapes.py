"""Provider answers kept as data files: how they are read, and how what came of them is compared."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.providers import PROVIDERS
from tasks.providers.contract import Answer, Page, ProviderError, TaskRef
from tasks.vocabulary import Kind

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class Shape:
    """One file: what a provider sent (`call`: to a poll, to a create call, or as a list), and what is expected of it.

    `expect` names a `snapshot`, an `adoption`, a `listed` or an `error`; the fields it has are compared, others not.
    """

    provider: str
    call: str
    answer: Answer
    body: Any
    ref: TaskRef
    expect: dict[str, Any]
    page: Page


def shapes(provider: str) -> list[Any]:
    """Every file of the provider's folder, as pytest parameters."""
    return [
        pytest.param(_read(provider, path), id=path.stem)
        for path in sorted((FIXTURES / provider).glob("*.json"))
    ]


def _read(provider: str, path: Path) -> Shape:
    data = json.loads(path.read_text())
    ref = data.get("ref", {"remote_id": "some-task"})
    return Shape(
        provider=provider,
        call=data["call"],
        answer=Answer(data.get("http_status", 200), data.get("headers", {}), _body(data)),
        body=data.get("body"),
        ref=TaskRef(**ref | {"kind": Kind(ref.get("kind", "other"))}),
        expect=data["expect"],
        page=Page(**data.get("page", {"number": 1, "size": 10})),
    )


def _body(data: dict[str, Any]) -> bytes:
    if "hex" in data:
        return bytes.fromhex(data["hex"])
    return str(data["text"]).encode() if "text" in data else json.dumps(data["body"]).encode()


def check(shape: Shape) -> None:
    """Parse the shape's answer and compare with what the file expects."""
    made = _made_of(shape)
    ((word, expected),) = shape.expect.items()
    assert (word == "error") == isinstance(made, ProviderError), f"{made}"
    if isinstance(made, ProviderError):
        _check_error(made, dict(expected))
    else:
        _check_fields(made, expected)


def _made_of(shape: Shape) -> object:
    provider = PROVIDERS[shape.provider]
    try:
        if shape.call == "task":
            return provider.parse_task(shape.answer, shape.ref)
        if shape.call == "list":
            assert provider.LISTING is not None
            return provider.LISTING.parse_list(shape.answer, shape.page)
        return provider.parse_created(shape.body)
    except ProviderError as error:
        return error


def _check_error(error: ProviderError, expected: dict[str, Any]) -> None:
    assert expected.pop("message_has", "") in error.message
    lacks = expected.pop("message_lacks", None)
    assert lacks is None or lacks not in error.message
    assert error.message.endswith(".")
    assert len(error.first_bytes) <= 200
    _check_fields(error, expected)


def _check_fields(made: object, expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        _check_value(getattr(made, name), value, name)


def _check_value(made: object, expected: object, name: str) -> None:
    if isinstance(expected, dict):
        assert made is not None, name
        _check_fields(made, expected)
    elif isinstance(expected, list):
        assert isinstance(made, tuple)
        assert len(made) == len(expected), f"{name}: {made}"
        for one, other in zip(made, expected, strict=True):
            _check_value(one, other, name)
    elif isinstance(made, datetime):
        assert made.isoformat() == expected, name
    else:
        assert made == expected, name
