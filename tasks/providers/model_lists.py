"""What providers say of the models they have: OpenAI's `GET /v1/models`, with whatever each adds to it. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tasks.providers.answers import read_object
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request
from tasks.providers.fields import mapping, text
from tasks.vocabulary import Kind

PATH = "/v1/models"
NAME_MAX = 200
MODELS_MAX = 2_000

_NAMES = (
    (Kind.MODEL3D, re.compile(r"3d|tripo|marble|meshy|rodin")),
    (Kind.AUDIO, re.compile(r"suno|music|udio")),
    (
        Kind.VIDEO,
        re.compile(
            r"^(?:[\w.-]+/)?(?:sora|veo|kling|wan|seedance|doubao-seedance|hailuo|runway|gen-?[34]|luma|ray-?\d|pika|vidu"
            r"|pixverse)|video|[-_]?[tir]2v"
        ),
    ),
    (
        Kind.IMAGE,
        re.compile(
            r"^(?:[\w.-]+/)?(?:dall-e|flux|imagen|seedream|doubao-seedream|midjourney|mj[-_]|stable-diffusion|sd3"
            r"|ideogram|recraft|nano-banana)|image|[-_]t2i"
        ),
    ),
)
"""What a model makes, by its name: makers name their families, and lists seldom tell."""
_WORDS = (
    (Kind.VIDEO, "video"),
    (Kind.IMAGE, "image"),
    (Kind.AUDIO, "music"),
    (Kind.AUDIO, "audio"),
    (Kind.MODEL3D, "3d"),
)
_TELLING = (
    "type",
    "category",
    "categories",
    "task",
    "modality",
    "supported_endpoint_types",
    "output_modalities",
)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model. `kinds`: what it makes; empty where nobody can tell."""

    name: str
    kinds: tuple[Kind, ...] = ()


REQUEST = Request(PATH)
"""The call that lists the models a key may use."""


def parse_models(provider: str, answer: Answer) -> tuple[ListedModel, ...]:
    """Each once, in the provider's order. ProviderError when the answer is no such list; never any other exception."""
    listed = _members(read_object(provider, answer))
    found = [ListedModel(name, _kinds(name, one)) for one in listed if (name := _name(one))]
    if not found:
        raise ProviderError(ErrorKind.INVALID, f"{provider} sent no list of models.")
    return tuple({one.name: one for one in found[:MODELS_MAX]}.values())


def _members(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Under `data` or `models`, once more inside that where a gateway wraps its answers."""
    data = body.get("data") or body.get("models")
    if isinstance(data, dict):
        data = data.get("data") or data.get("models")
    for one in data if isinstance(data, list) else []:
        yield {"id": one} if isinstance(one, str) else mapping(one)


def _name(one: Mapping[str, object]) -> str:
    name = text(one.get("id"), NAME_MAX + 1) or text(one.get("name"), NAME_MAX + 1)
    return name if len(name) <= NAME_MAX and name.isprintable() else ""


def _kinds(name: str, one: Mapping[str, object]) -> tuple[Kind, ...]:
    for kind, pattern in _NAMES:
        if pattern.search(name.lower()):
            return (kind,)
    told = " ".join(str(one.get(key, "")) for key in _TELLING).lower()
    return tuple(dict.fromkeys(kind for kind, word in _WORDS if word in told))
