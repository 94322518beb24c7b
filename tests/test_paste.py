import pytest

from dashboard.paste import without_keys


@pytest.mark.parametrize(
    "secret",
    [
        'curl -H "Authorization: Bearer hunter2hunter2"',
        "curl -H 'authorization: hunter2hunter2'",
        "curl -H 'x-api-key: hunter2hunter2' http://localhost:8080/",
        '{"Authorization": "Bearer hunter2hunter2"}',
        "Authorization:Basic hunter2hunter2",
        "bearer hunter2hunter2",
        "sk-hunter2hunter2",
    ],
)
def test_keys_of_every_look_are_taken_out(secret: str) -> None:
    clean = without_keys(secret)
    assert "hunter2" not in clean
    assert without_keys(clean) == clean


def test_an_address_keeps_its_own_signature() -> None:
    address = "https://api.lemondata.cc/v1/tasks/x?token=abc%2F&sig=1"
    assert without_keys(address) == address
