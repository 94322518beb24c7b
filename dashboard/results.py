"""Whether a result can be had, from our copy or from its provider, and what is said when it cannot."""

from urllib.parse import urlsplit

from dashboard.figures import clock, size
from dashboard.raw_answers import mask_queries
from tasks.models import Input, Result
from tasks.providers.addresses import poll_address
from tasks.vocabulary import Archive

SHOWN_URL_MAX = 120


def can_be_had(result: Result) -> bool:
    """Whether its bytes can be sent to a browser: from our copy, else from the provider."""
    return result.is_stored or result_target(result) is not None


def is_gone(result: Result) -> bool:
    """Whether there is no use in asking again: the provider dropped it, or somebody deleted our copy."""
    return result.archive == Archive.EXPIRED or _was_deleted(result)


def _was_deleted(result: Result) -> bool:
    """What is known of a file only while it is here stays known when it goes."""
    return result.archive == Archive.SKIPPED and bool(result.sha256)


def result_target(result: Result) -> str | None:
    """The provider's http(s) address that is passed on while there is no copy of ours; None when there is none."""
    if result.inline or is_gone(result):
        return None
    account = result.task.account
    request = account.provider_module.stream_request(result.remote_url)
    if request is None:
        return None
    try:
        is_path = request.target.startswith("/")
        url = poll_address(account.base_url, request.target) if is_path else request.target
        parts = urlsplit(url)
    except ValueError:  # AddressRefused is one
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def why_not(result: Result) -> str:
    """Why it cannot be had, in sentences that end with what becomes of it."""
    name = result.task.account.provider_module.NAME
    if result.archive == Archive.EXPIRED:
        return result.problem or f"{name} no longer has this file."
    if _was_deleted(result):
        return f"Our copy of this file was deleted. {result.problem}".strip()
    return f"{_why_not_there(result, name)} {_what_becomes(result)}"


def _why_not_there(result: Result, name: str) -> str:
    if result.inline or not result.remote_url:
        return f"{name} sent this file inside its answer."
    if result.task.account.provider_module.stream_request(result.remote_url) is None:
        return f"{name} gives this file out only inside an answer that wants the account’s key."
    shown = mask_queries(result.remote_url)[:SHOWN_URL_MAX]
    return f"{name} gave an address that is no web address: {shown}."


def _what_becomes(result: Result) -> str:
    if result.archive == Archive.PENDING:
        return f"It is being saved, and plays here once it is safe. {result.problem}".strip()
    return f"It could not be saved. {result.problem}".strip()


def measures(result: Result | Input) -> list[str]:
    """What is known of a file: `8 s`, `1280×720`, `19 MB`."""
    known = []
    if result.duration_s:
        known.append(
            f"{round(result.duration_s, 1):g} s" if result.duration_s < 60 else clock(result.duration_s)
        )
    if result.width and result.height:
        known.append(f"{result.width}×{result.height}")
    if result.bytes is not None:
        known.append(size(result.bytes))
    return known
