"""Where the file of a result is to be had from its provider, and with which headers."""

from collections.abc import Mapping
from dataclasses import replace

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.links import Source
from tasks.models import Account, Result
from tasks.providers import nebula
from tasks.providers.addresses import AddressRefused, poll_address
from tasks.providers.contract import TaskRef
from tasks.secrets import KeyUnreadable
from tasks.vocabulary import Kind

KEY_UNREADABLE = "The account's key cannot be read with this SECRET_KEY. Enter it again."
NO_ADDRESS = "The provider named no address for this file."
PACKED = "The provider gives this file out only inside an answer, so it cannot be played from there."
NO_TASK = "The file came inside an answer that named no task, so it cannot be asked for again."


def source_of(result: Result, account: Account) -> Source:
    """Where to fetch a result that is not ours yet. FetchFailed when nowhere, in kinds as of a failed download.

    May ask the database. `account` is the one of the result's task; its key is only read when it is needed.
    """
    url, inside = _target(result, account)
    return _keyed(Source(url, account.base_url, inside=inside), account)


def stream_source_of(result: Result, account: Account) -> Source:
    """Where to play it from meanwhile, a range at a time. FetchFailed when nowhere. Asks nobody."""
    request = None if result.inline else account.provider_module.stream_request(result.remote_url)
    if request is None:
        raise FetchFailed(FailureKind.REFUSED, PACKED)
    target = request.target
    url = _at_own_server(account.base_url, target) if target.startswith("/") else target
    return _keyed(Source(url, account.base_url), account)


def _keyed(source: Source, account: Account) -> Source:
    return replace(source, headers=_headers(account)) if source.is_own else source


def _headers(account: Account) -> Mapping[str, str]:
    try:
        return account.provider_module.auth_headers(account.api_key)
    except KeyUnreadable:
        raise FetchFailed(FailureKind.UNAUTHORIZED, KEY_UNREADABLE) from None


def ref_of(result: Result) -> TaskRef | None:
    """What it takes to ask about its task; None when nobody can."""
    task = result.task
    if not (task.remote_id or task.poll_url):
        return None
    return TaskRef(task.remote_id or "", task.poll_url, Kind(task.kind), task.model)


def _target(result: Result, account: Account) -> tuple[str, int | None]:
    if result.inline:
        ref = ref_of(result)
        if ref is None:
            raise FetchFailed(FailureKind.REFUSED, NO_TASK)
        target = account.provider_module.poll_request(ref).target
        return _at_own_server(account.base_url, target), _place_among_inline(result)
    url = result.remote_url
    if not url.startswith("/"):
        if not url:
            raise FetchFailed(FailureKind.REFUSED, NO_ADDRESS)
        return url, None
    in_base64 = account.provider == "nebula" and nebula.answers_with_base64(url)
    return _at_own_server(account.base_url, url), 0 if in_base64 else None


def _place_among_inline(result: Result) -> int:
    return Result.objects.filter(
        task_id=result.task_id, inline=True, role=result.role, position__lt=result.position
    ).count()


def _at_own_server(base_url: str, target: str) -> str:
    try:
        return poll_address(base_url, target)
    except AddressRefused as error:
        raise FetchFailed(FailureKind.REFUSED, str(error)) from error
