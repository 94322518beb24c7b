import pytest
from tests.providers.shapes import Shape, check, shapes


@pytest.mark.parametrize("shape", shapes("nebula"))
def test_it_understands_the_shape(shape: Shape) -> None:
    check(shape)
