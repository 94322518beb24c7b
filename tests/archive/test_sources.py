"""Where a result is fetched, and what travels along: the key to its account's own server and nowhere else."""

import pytest

from tasks.archive.failures import FailureKind, FetchFailed
from tasks.archive.links import Link, Source, Standing
from tasks.archive.sources import source_of
from tasks.models import Account, Result, Task
from tasks.providers.contract import Adoption
from tasks.tracking import track
from tasks.vocabulary import Kind
from tests.poller.conftest import make_account

pytestmark = pytest.mark.django_db


def account_of(provider: str, base_url: str = "https://api.example/base") -> Account:
    return make_account(base_url, provider, provider)


def result_of(account: Account, remote_id: str = "video_1", **columns: object) -> Result:
    task = track(account, Adoption(remote_id, kind=Kind.VIDEO), None).task
    return add(task, **columns)


def add(task: Task, **columns: object) -> Result:
    position = task.results.count()
    return Result.objects.create(**{"task": task, "kind": Kind.VIDEO, "position": position, **columns})


def source(result: Result) -> Source:
    return source_of(result, result.task.account)


def test_a_foreign_link_is_taken_as_it_is() -> None:
    found = source(result_of(account_of("lemondata"), remote_url="https://cdn.example/a?sig=%2F"))
    assert (found.url, found.inside, found.is_own) == ("https://cdn.example/a?sig=%2F", None, False)
    assert Link.of(found).standing is Standing.FOREIGN


def test_a_path_leads_to_the_accounts_own_server_with_its_key() -> None:
    found = source(result_of(account_of("moneyprinter"), remote_url="/api/v1/download/1/final-1.mp4"))
    assert found.url == "https://api.example/base/api/v1/download/1/final-1.mp4"
    assert found.is_own
    assert found.headers == {"x-api-key": "sk-test-0123456789abcdef"}


def test_soras_download_call_holds_the_file_in_base64() -> None:
    found = source(result_of(account_of("nebula"), remote_url="/v1/video/generations/download?id=video_1"))
    assert found.url.endswith("/base/v1/video/generations/download?id=video_1")
    assert (found.inside, found.is_own) == (0, True)


def test_a_file_inside_an_answer_is_asked_for_again() -> None:
    task = track(account_of("nebula"), Adoption("veo/1", kind=Kind.VIDEO), None).task
    add(task, remote_url="https://cdn.example/a")
    add(task, inline=True)
    found = source(add(task, inline=True))
    assert found.url == "https://api.example/base/v1/video/generations/veo%2F1"
    assert (found.inside, found.is_own) == (1, True)


@pytest.mark.parametrize(
    ("remote_id", "columns", "says"),
    [
        ("", {"inline": True}, "named no task"),
        ("t1", {"remote_url": ""}, "no address"),
        ("t1", {"remote_url": "/../etc/passwd"}, "“..”"),
    ],
)
def test_without_an_address_it_says_so(remote_id: str, columns: dict[str, object], says: str) -> None:
    result = result_of(account_of("nebula"), remote_id, **columns)
    with pytest.raises(FetchFailed, match=says) as caught:
        source(result)
    assert caught.value.kind is FailureKind.REFUSED


def test_an_unreadable_key_is_the_accounts_trouble() -> None:
    account = account_of("nebula")
    Account.objects.update(api_key_encrypted="of another installation")
    account.refresh_from_db()
    assert not source(result_of(account, remote_url="https://cdn.example/a")).headers
    result = result_of(account, "t2", remote_url="/v1/a")
    with pytest.raises(FetchFailed, match="SECRET_KEY") as caught:
        source_of(result, account)
    assert caught.value.kind is FailureKind.UNAUTHORIZED
