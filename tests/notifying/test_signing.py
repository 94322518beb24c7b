"""Signatures, against the convention's published example and what receivers are told to do."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.notifying.signing import new_secret, signature, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, AT_S = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'


def test_it_agrees_with_the_convention_s_own_example() -> None:
    assert signature(SECRET, MESSAGE, AT_S, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_random_and_of_a_good_length() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert 24 <= len(base64.b64decode(one.removeprefix("whsec_"))) <= 64


def test_what_is_no_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="no webhook secret"):
        signature("whsec_not base64!", MESSAGE, AT_S, BODY)


def test_while_a_secret_is_replaced_both_sign() -> None:
    old, new = new_secret(), new_secret()
    headers = signed_headers([new, old], MESSAGE, AT_S, BODY)
    assert headers["webhook-signature"].split() == [
        signature(new, MESSAGE, AT_S, BODY),
        signature(old, MESSAGE, AT_S, BODY),
    ]


@given(
    st.binary(),
    st.integers(0, 2**40),
    st.text(st.characters(codec="ascii", exclude_characters="."), min_size=1),
)
def test_any_change_changes_the_signature(body: bytes, at_s: int, message_id: str) -> None:
    made = signature(SECRET, message_id, at_s, body)
    assert made != signature(SECRET, message_id, at_s, body + b" ")
    assert made != signature(SECRET, message_id, at_s + 1, body)
    assert made != signature(SECRET, message_id + "x", at_s, body)
