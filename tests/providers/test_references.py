"""References to files of ours: where they count, and that nothing else is taken for one."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from tasks.providers.lemondata_forms import VIDEO
from tasks.providers.references import Reference, Source, parse, references_in, with_texts

ONE = Reference(Source.INPUT, UUID(int=7))
TWO = Reference(Source.RESULT, UUID(int=8))


@given(st.sampled_from(Source), st.uuids())
def test_a_reference_is_read_as_it_was_written(source: Source, id_: UUID) -> None:
    assert parse(str(Reference(source, id_))) == Reference(source, id_)


@given(st.one_of(st.none(), st.integers(), st.text(), st.text().map("dailies:input/".__add__)))
def test_nothing_else_is_one(value: object) -> None:
    assert parse(value) is None


def test_they_count_in_media_objects_and_unknown_parameters_alone() -> None:
    params = {
        "prompt": str(ONE),
        "image_url": str(ONE),
        "reference_images": [str(TWO), "https://a.example"],
        "lens": {"deep": [{"er": str(TWO)}]},
        "caption": f"see {ONE}",
    }
    assert references_in(VIDEO, params) == [("image_url", ONE), ("reference_images", TWO), ("lens", TWO)]
    filled = with_texts(VIDEO, params, {ONE: "one", TWO: "two"})
    assert filled == {
        "prompt": str(ONE),
        "image_url": "one",
        "reference_images": ["two", "https://a.example"],
        "lens": {"deep": [{"er": "two"}]},
        "caption": f"see {ONE}",
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.uuids().map(lambda id_: str(Reference(Source.INPUT, id_))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_every_reference_that_is_found_is_filled(params: dict[str, object]) -> None:
    found = {one for _, one in references_in(VIDEO, params)}
    filled = with_texts(VIDEO, params, dict.fromkeys(found, "x"))
    assert references_in(VIDEO, filled) == []
    assert filled.keys() == params.keys()


def test_what_lies_too_deep_is_left_alone() -> None:
    value: object = str(Reference(Source.INPUT, uuid4()))
    for _ in range(200):
        value = [value]
    assert references_in(VIDEO, {"lens": value}) == []
    assert with_texts(VIDEO, {"lens": value}, {}) == {"lens": value}
