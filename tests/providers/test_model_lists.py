"""Lists of models, in the shapes that gateways send."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.providers.contract import Answer, ProviderError
from tasks.providers.model_lists import parse_models
from tasks.vocabulary import Kind


def answer(body: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def models(body: object) -> dict[str, tuple[Kind, ...]]:
    return {one.name: one.kinds for one in parse_models("Nebula", answer(body))}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sora-2-pro", Kind.VIDEO),
        ("veo-3.1-fast-generate-preview", Kind.VIDEO),
        ("wan2.5-i2v-preview", Kind.VIDEO),
        ("kling-v2.6-pro", Kind.VIDEO),
        ("kwaivgi/kling-v2", Kind.VIDEO),
        ("seedance-2.0-fast", Kind.VIDEO),
        ("gpt-image-2", Kind.IMAGE),
        ("gemini-2.5-flash-image", Kind.IMAGE),
        ("flux-1.1-pro", Kind.IMAGE),
        ("suno_music", Kind.AUDIO),
        ("tripo3d-v2.5", Kind.MODEL3D),
        ("marble-1.1-plus", Kind.MODEL3D),
    ],
)
def test_a_family_is_known_by_its_name(name: str, kind: Kind) -> None:
    assert models({"object": "list", "data": [{"id": name, "object": "model"}]}) == {name: (kind,)}


def test_what_a_gateway_adds_is_believed_where_the_name_tells_nothing() -> None:
    listed = [
        {"id": "aurora-1", "supported_endpoint_types": ["openai-video"]},
        {"id": "brush", "type": "image"},
        {"id": "gpt-5", "supported_endpoint_types": ["openai"]},
    ]
    assert models({"data": listed}) == {"aurora-1": (Kind.VIDEO,), "brush": (Kind.IMAGE,), "gpt-5": ()}


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": "sora-2"}, {"id": "sora-2"}]},
        {"models": ["sora-2"]},
        {"code": 200, "data": {"data": [{"id": "sora-2"}]}},
        {"data": [{"id": None}, 3, {"name": "sora-2"}]},
    ],
)
def test_other_shapes_are_read_too(body: object) -> None:
    assert models(body) == {"sora-2": (Kind.VIDEO,)}


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": "sora-2"}, {"data": [{"id": "x" * 201}]}])
def test_an_answer_without_models_is_told(body: object) -> None:
    with pytest.raises(ProviderError, match="Nebula sent no list of models"):
        parse_models("Nebula", answer(body))


def test_a_refused_key_is_told_as_everywhere() -> None:
    with pytest.raises(ProviderError, match="refused this account's key"):
        parse_models("Nebula", answer({"error": {"message": "bad", "code": "invalid_api_key"}}, 401))


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "data", "models", "type"]), inner),
)


@given(JSON)
def test_it_never_fails_another_way(body: object) -> None:
    try:
        found = parse_models("Nebula", answer(body))
    except ProviderError:
        return
    assert all(one.name for one in found)
