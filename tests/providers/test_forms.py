"""The one description of each create call: what it lets through, what it refuses, what it says of itself."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.providers import PROVIDERS
from tasks.providers.forms import BadParams, Field, FieldType, Form, clean, json_schema
from tasks.vocabulary import Kind
from tests.providers import fuzz

OURS = UUID("01930000-0000-7000-8000-000000000000")
EVERY = [(name, form) for name, module in PROVIDERS.items() for form in module.FORMS.values()]
FORM = Form(
    Kind.VIDEO,
    "Test",
    (
        Field("prompt", FieldType.LONG_TEXT, "Prompt", required=True, max_length=10),
        Field("count", FieldType.WHOLE, "Count", minimum=1, maximum=4),
        Field("scale", FieldType.NUMBER, "Scale", minimum=0),
        Field("loud", FieldType.FLAG, "Loud"),
        Field("shape", FieldType.TEXT, "Shape", choices=("16:9", "9:16")),
        Field("size", FieldType.TEXT, "Size", choices=("1k",), open=True),
        Field("image", FieldType.MEDIA, "Picture"),
        Field("images", FieldType.MEDIA, "Pictures", many=True),
        Field("extra", FieldType.OBJECT, "Extra"),
    ),
)


@pytest.mark.parametrize(
    ("given_", "sent"),
    [
        ({"count": "3"}, {"count": 3}),
        ({"count": 3.0}, {"count": 3}),
        ({"scale": "0.5"}, {"scale": 0.5}),
        ({"loud": "on"}, {"loud": True}),
        ({"loud": False}, {"loud": False}),
        ({"shape": "9:16"}, {"shape": "9:16"}),
        ({"size": "5k"}, {"size": "5k"}),
        ({"image": "https://a.example/b.png"}, {"image": "https://a.example/b.png"}),
        ({"images": "data:image/png;base64,AA=="}, {"images": ["data:image/png;base64,AA=="]}),
        ({"extra": {"a": 1}}, {"extra": {"a": 1}}),
        ({"mine": [1, None]}, {"mine": [1, None]}),
        ({"count": "", "shape": None, "images": []}, {}),
    ],
)
def test_it_brings_values_into_their_type(given_: dict[str, Any], sent: dict[str, Any]) -> None:
    assert clean(FORM, {"prompt": "x", **given_}) == {"prompt": "x", **sent}


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"prompt": "x" * 11}, "prompt"),
        ({"prompt": ["x"]}, "prompt"),
        ({"count": 0}, "count"),
        ({"count": 5}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": True}, "count"),
        ({"count": "1e999"}, "count"),
        ({"scale": "nan"}, "scale"),
        ({"loud": "perhaps"}, "loud"),
        ({"shape": "2:1"}, "shape"),
        ({"image": "file:///etc/passwd"}, "image"),
        ({"images": ["https://a.example/"] * 51}, "images"),
    ],
)
def test_it_refuses_by_name(given_: dict[str, Any], field: str) -> None:
    with pytest.raises(BadParams) as caught:
        clean(FORM, {"prompt": "x", **given_})
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(("name", "form"), EVERY, ids=[f"{name}-{form.kind}" for name, form in EVERY])
def test_every_description_is_whole(name: str, form: Form) -> None:
    assert form.prompt in form.by_name
    assert len(form.by_name) == len(form.fields)
    assert any(one.basic for one in form.fields)
    for one in form.fields:
        assert (one.type is FieldType.MEDIA) == (one.accepts is not None)
    assert json.loads(json.dumps(json_schema(form)))["properties"].keys() == form.by_name.keys()


@fuzz.modest
@given(st.sampled_from(EVERY), st.dictionaries(st.text(max_size=20), fuzz.values, max_size=8))
def test_any_parameters_are_a_request_or_a_refusal(which: tuple[str, Form], params: dict[str, Any]) -> None:
    name, form = which
    try:
        sent = clean(form, {"model": "some-model", form.prompt: "A fox", **params})
    except BadParams:
        return
    request = PROVIDERS[name].create_request(form.kind, sent, OURS)
    assert request.method == "POST"
    assert request.target.startswith("/")
    assert isinstance(json.loads(request.body), dict)


def test_worlds_have_an_address_of_their_own() -> None:
    lemondata = PROVIDERS["lemondata"]
    world = lemondata.create_request(Kind.MODEL3D, {"model": "marble-1.1"}, OURS)
    thing = lemondata.create_request(Kind.MODEL3D, {"model": "tripo3d-v2.5"}, OURS)
    assert (world.target, thing.target) == ("/v1/worlds/generations", "/v1/3d/generations")


def test_seedance_at_nebula_reads_its_prompt_elsewhere() -> None:
    sent = PROVIDERS["nebula"].create_request(Kind.VIDEO, {"model": "seedance-2.0", "prompt": "A fox"}, OURS)
    content = [{"type": "text", "text": "A fox"}]
    assert json.loads(sent.body) == {"model": "seedance-2.0", "metadata": {"content": content}}
