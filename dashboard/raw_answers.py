"""A provider's raw answer for people: laid out, and without what could be used to sign in or to fetch."""

import json
import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tasks.providers.masks import mask_secrets

HIDDEN = "…"
_NAMES = r"(?:(?<![a-z])key|apikey|token|secret|authorization|password|signature|credential|cookie)s?"
_SECRET_NAME = re.compile(rf"{_NAMES}$", re.IGNORECASE)
_SECRET_PAIR = re.compile(rf'("[\w-]{{0,40}}{_NAMES}"\s{{0,9}}:\s{{0,9}}")[^"]+', re.IGNORECASE)
_URL_QUERY = re.compile(r"""((?:https?:/)?/[^\s"'<>?\\]+\?)[^\s"'<>\\]+""", re.IGNORECASE)
_NAME = re.compile(r"^(\s*)&quot;((?:(?!&quot;).)*)&quot;:", re.MULTILINE)


def mask_queries(text: str) -> str:
    """Every address in it without its query string, where signatures travel."""
    return _URL_QUERY.sub(rf"\1{HIDDEN}", text)


def masked(text: str) -> str:
    """JSON laid out, anything else as it came; values of secret names and query strings are left out."""
    try:
        return json.dumps(_without_secrets(json.loads(text)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # not JSON, or cut in the middle
        return _mask_text(_SECRET_PAIR.sub(rf"\1{HIDDEN}", text))


def highlighted(text: str) -> SafeString:
    """The masked answer as HTML, names set apart."""
    plain = escape(masked(text)).replace(f"?{HIDDEN}", f"<i>?{HIDDEN}</i>")
    return mark_safe(_NAME.sub(r"\1&quot;<em>\2</em>&quot;:", plain))  # noqa: S308  escaped a line above


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if _SECRET_NAME.search(name) and _tells(inner) else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return _mask_text(value) if isinstance(value, str) else value


def _tells(value: object) -> bool:
    """Numbers (`total_tokens`) and empty values betray nothing."""
    return bool(value) and not isinstance(value, int | float)


def _mask_text(text: str) -> str:
    return mask_secrets(mask_queries(text))
