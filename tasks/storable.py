"""Text as every database takes it."""


def clean(text: str, longest: int) -> str:
    """PostgreSQL takes no NUL, and no database half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
