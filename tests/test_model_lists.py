"""Lists of models: asked for within the budget, kept for hours, and never in the way of a page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tasks import asking, model_lists
from tasks.model_lists import FRESH, is_stale, list_of, names_for, refresh, refresh_wanted, want
from tasks.models import Account, ModelList
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request
from tasks.vocabulary import Kind
from tests.pages.visitors import text_of, visitor
from tests.poller.conftest import make_account

pytestmark = pytest.mark.django_db

LISTED = b'{"object": "list", "data": [{"id": "sora-9"}, {"id": "flux-9"}, {"id": "gpt-9"}]}'
NOW = timezone.now()


@pytest.fixture
def account() -> Account:
    return make_account("https://api.example")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """Requests that went to a provider, which answers with three models."""
    got: list[Request] = []

    def answer(_: Account, request: Request) -> Answer:
        got.append(request)
        return Answer(200, {}, LISTED)

    monkeypatch.setattr(model_lists, "ask_once", answer)
    return got


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: object) -> Answer:
        raise ProviderError(ErrorKind.LIMITED, "All requests this account may send are in use.")

    monkeypatch.setattr(model_lists, "ask_once", answer)


def test_it_is_asked_for_and_kept(account: Account, asked: list[Request]) -> None:
    found = refresh(account, NOW)
    assert [one.target for one in asked] == ["/v1/models"]
    assert names_for(found, Kind.VIDEO) == ("sora-9",)
    assert names_for(found, Kind.IMAGE) == ("flux-9",)
    assert names_for(found, Kind.AUDIO) == ("gpt-9",)
    assert not is_stale(found, NOW + FRESH / 2)
    assert is_stale(found, NOW + FRESH * 2)


def test_trouble_is_remembered_and_the_old_list_kept(
    account: Account, asked: list[Request], request: Any
) -> None:
    refresh(account, NOW)
    request.getfixturevalue("refused")
    with pytest.raises(ProviderError):
        refresh(account, NOW + FRESH * 2)
    found = list_of(account)
    assert found is not None
    assert names_for(found, Kind.VIDEO) == ("sora-9",)
    assert found.problem == "All requests this account may send are in use."
    assert not is_stale(found, NOW + FRESH * 2)


def test_a_page_only_says_that_it_wants_one(account: Account, asked: list[Request]) -> None:
    member = visitor()
    page = text_of(member.get("/new?account=lemon&kind=video"))
    assert asked == []
    assert "the provider has a list" in page
    assert ModelList.objects.get().wanted_at is not None
    assert refresh_wanted(NOW)
    assert not refresh_wanted(NOW)
    assert len(asked) == 1
    page = text_of(member.get("/new?account=lemon&kind=video"))
    assert '<option value="sora-9">' in page
    assert "flux-9" not in page
    assert "3 models at the provider" in page
    assert not refresh_wanted(NOW)


def test_nobody_asks_for_a_paused_account_or_a_provider_without_a_list(
    account: Account, asked: list[Request]
) -> None:
    want(account, None, NOW)
    Account.objects.update(enabled=False)
    assert not refresh_wanted(NOW)
    printer = make_account("http://localhost:8080", "mpt", "moneyprinter")
    want(printer, None, NOW)
    assert list_of(printer) is None
    assert asked == []


def test_a_refusal_in_the_background_does_not_come_again_and_again(account: Account, refused: None) -> None:
    want(account, None, NOW)
    assert refresh_wanted(NOW)
    found = list_of(account)
    want(account, found, NOW + timedelta(minutes=1))
    assert not refresh_wanted(NOW + timedelta(minutes=1))


def test_a_button_refreshes_it_beside_the_form(account: Account, asked: list[Request]) -> None:
    member = visitor()
    answer = member.post("/accounts/lemon/models", {"kind": "video"})
    assert '<option value="sora-9">' in text_of(answer)
    member.post("/accounts/lemon/models", {"kind": "video", "only-stale": "1"})
    assert len(asked) == 1


def test_without_scripts_the_form_comes_back_as_it_was(account: Account, asked: list[Request]) -> None:
    page = visitor().post(
        "/new?account=lemon&kind=video", {"p-prompt": "", "p-duration": "long", "refresh": "1"}
    )
    assert '<option value="sora-9">' in text_of(page)
    assert 'value="long"' in text_of(page)
    assert not page.context["form"].errors


def test_trouble_is_told_beside_the_form(account: Account, refused: None) -> None:
    answer = visitor().post("/accounts/lemon/models", {"kind": "video"})
    assert "The list of models did not come: All requests this account may send are in use." in text_of(
        answer
    )


def test_it_counts_in_the_account_s_budget(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    async def alone(*_: object) -> Answer:
        asked.append(1)
        return Answer(200, {}, LISTED)

    monkeypatch.setattr(asking, "_ask_alone", alone)
    account.requests_per_minute = 1
    account.save(update_fields=["requests_per_minute"])
    refresh(account, NOW)
    with pytest.raises(ProviderError, match="in use"):
        refresh(account, NOW)
    assert len(asked) == 1
