"""Text that programs send: what may be in it."""

import re
from typing import Annotated

from pydantic import AfterValidator

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def check_storable(text: str) -> str:
    """The text; ValueError for characters that no database takes: null, and halves of a surrogate pair."""
    if "\0" in text or _SURROGATE.search(text):
        raise ValueError("It holds a character that is no text")
    return text


def check_not_blank(text: str) -> str:
    """The text; ValueError when there is nothing to see in it."""
    if not text.strip():
        raise ValueError("It must not be empty")
    return text


Text = Annotated[str, AfterValidator(check_storable)]
Name = Annotated[Text, AfterValidator(check_not_blank)]
