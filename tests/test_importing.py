"""What a MoneyPrinterTurbo server has already is tracked, each once, with what it is about."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tasks import importing
from tasks.importing import NoList, import_tasks
from tasks.models import Account, Task
from tasks.providers.contract import Answer, ErrorKind, ProviderError, Request
from tasks.tracking import stop_tracking
from tests.pages.visitors import notices, visitor

pytestmark = pytest.mark.django_db


class Server:
    """Its tasks by id, oldest first, with their subjects; None: no script yet."""

    def __init__(self, tasks: dict[str, str | None]) -> None:
        self.tasks = tasks
        self.away = False

    def ask(self, _: Account, request: Request) -> Answer:
        if self.away:
            raise ProviderError(ErrorKind.TRANSIENT, "It refused the connection. We ask again.")
        parts = urlsplit(request.target)
        if parts.path.endswith("/script.json"):
            subject = self.tasks[parts.path.split("/")[2]]
            if subject is None:
                return Answer(404, {}, b"Not Found")
            return Answer(200, {}, json.dumps({"params": {"video_subject": subject}}).encode())
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        first = (query["page"] - 1) * query["page_size"]
        records = [
            {"task_id": one, "state": 1, "progress": 100}
            for one in list(self.tasks)[first : first + query["page_size"]]
        ]
        data = {
            "tasks": records,
            "total": len(self.tasks),
            "page": query["page"],
            "page_size": query["page_size"],
        }
        return Answer(200, {}, json.dumps({"status": 200, "message": "success", "data": data}).encode())


@pytest.fixture
def account() -> Account:
    return Account.objects.create(slug="mac", provider="moneyprinter", base_url="http://127.0.0.1:9")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server({"a": "The sea", "b": None, "c": "Tides"})
    monkeypatch.setattr(importing, "ask_once", made.ask)
    return made


def test_what_is_not_known_is_tracked_with_its_subject(account: Account, server: Server) -> None:
    done = import_tasks(account, None)
    assert (done.new, done.known, done.more) == (3, 0, False)
    rows = Task.objects.values_list("remote_id", "prompt", "status")
    assert sorted(rows) == [("a", "The sea", "queued"), ("b", "", "queued"), ("c", "Tides", "queued")]
    assert not Task.objects.filter(next_poll_at=None).exists()
    done = import_tasks(account, None)
    assert (done.new, done.known) == (0, 3)


def test_what_is_in_the_trash_stays_there(account: Account, server: Server) -> None:
    import_tasks(account, None)
    stop_tracking([Task.objects.get(remote_id="a").pk], None)
    import_tasks(account, None)
    assert Task.objects.get(remote_id="a").deleted_at is not None


def test_a_long_list_is_taken_in_parts(
    account: Account, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PAGE_SIZE", 10)
    monkeypatch.setattr(importing, "NEW_MAX", 25)
    server.tasks = {f"t{n}": "Sea" for n in range(40)}
    assert [(done.new, done.more) for done in (import_tasks(account, None), import_tasks(account, None))] == [
        (25, True),
        (15, False),
    ]
    assert Task.objects.count() == 40


def test_a_server_that_is_away_or_has_no_list_changes_nothing(account: Account, server: Server) -> None:
    server.away = True
    with pytest.raises(ProviderError):
        import_tasks(account, None)
    account.provider = "nebula"
    with pytest.raises(NoList):
        import_tasks(account, None)
    assert not Task.objects.exists()


def test_the_card_of_such_an_account_imports(account: Account, server: Server) -> None:
    Account.objects.create(slug="lemon", provider="lemondata", base_url="http://127.0.0.1:9")
    client = visitor()
    page = client.get("/accounts").content.decode()
    assert page.count("Import tasks") == 1
    response = client.post("/accounts/mac/import", follow=True)
    assert notices(response) == ["3 tasks of mac tracked."]
    assert notices(client.post("/accounts/mac/import", follow=True)) == ["Nothing new, 3 known already."]
    server.away = True
    assert notices(client.post("/accounts/mac/import", follow=True)) == ["It refused the connection."]
    assert notices(client.post("/accounts/lemon/import", follow=True)) == ["LemonData has no list of tasks."]
