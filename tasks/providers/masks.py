"""Takes keys out of text that people will read."""

import re

_PATTERNS = (
    (re.compile(r"(?i)\b(authorization)(\W{1,5})(?:(?:bearer|basic)\s+)?[^\s\"',;]+"), r"\1\2…"),
    (re.compile(r"(?i)\b(bearer)\s+[^\s\"',;]{6,}"), r"\1 …"),
    (re.compile(r"(?i)\b(basic)\s+[A-Za-z0-9+/=]{16,}"), r"\1 …"),
    (
        re.compile(r"(?i)\b([\w-]{0,20}(?:api[-_]?key|token|secret|password))(\"?\s?[:=]\s?\"?)[^\s\"'&,;]+"),
        r"\1\2…",
    ),
    (re.compile(r"\b(sk|mt|pk|rk)-[\w-]{4,}"), r"\1-…"),
    (re.compile(r"//[^/\s@]{1,300}@"), "//…@"),
)


def mask_secrets(text: str) -> str:
    """The text with keys, bearer tokens and passwords in addresses replaced by an ellipsis."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
