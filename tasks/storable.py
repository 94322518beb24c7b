"""Text as every database takes it."""


def plain(value: object) -> object:
    """JSON whose texts every database takes, and nothing else of it changed."""
    match value:
        case str():
            return clean(value, len(value))
        case list():
            return [plain(one) for one in value]
        case dict():
            return {clean(name, len(name)): plain(one) for name, one in value.items()}
        case _:
            return value


def clean(text: str, longest: int) -> str:
    """PostgreSQL takes no NUL, and no database half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
