"""Where the copies lie: Django's storage `media`, a folder unless a setting says otherwise."""

from uuid import UUID

from django.core.files.storage import Storage, storages


def media_storage() -> Storage:
    """The storage of results and posters. Every name in it is made here."""
    return storages["media"]


def result_name(result_id: UUID) -> str:
    """Where a result's bytes lie. The last two digits are random, the first ones only time: so folders stay small."""
    return f"results/{result_id.hex[-2:]}/{result_id}"


def poster_name(result_id: UUID) -> str:
    """Where its poster lies, as WebP."""
    return f"posters/{result_id.hex[-2:]}/{result_id}.webp"


def input_name(input_id: UUID) -> str:
    """Where the bytes of a file lie that somebody gave for tasks to begin from."""
    return f"inputs/{input_id.hex[-2:]}/{input_id}"


def input_poster_name(input_id: UUID) -> str:
    """Where its poster lies, as WebP."""
    return f"input-posters/{input_id.hex[-2:]}/{input_id}.webp"


def card_name(result_id: UUID) -> str:
    """Where the picture made of its poster for links lies, as JPEG."""
    return f"cards/{result_id.hex[-2:]}/{result_id}.jpg"
