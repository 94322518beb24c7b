"""What a MoneyPrinterTurbo server has already is tracked, each once, with what it is about."""

import json
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from dashboard.people import Role
from tasks import importing, looking_up
from tasks.accounts import edit_account
from tasks.creating import Wish, create
from tasks.importer import Stopped, due_accounts, gap_for, pages_for, read_due, take_in_new
from tasks.importing import Imported, NoList, import_tasks
from tasks.models import Account, Lookup, Submission, Task
from tasks.providers import moneyprinter_list
from tasks.providers.contract import About, Adoption, Answer, ErrorKind, ProviderError, Request
from tasks.tracking import purge_trash, stop_tracking, track
from tasks.vocabulary import Kind, Status
from tests.pages.visitors import notices, text_of, visitor

pytestmark = pytest.mark.django_db


class Server:
    """Its tasks by id, oldest first, with their subjects; None: no script yet."""

    def __init__(self, tasks: dict[str, str | None]) -> None:
        self.tasks = tasks
        self.away = False
        self.asked = 0
        self.written_at = ""

    def ask(self, _: Account, request: Request) -> Answer:
        self.asked += 1
        if self.away:
            raise ProviderError(ErrorKind.TRANSIENT, "It refused the connection. We ask again.")
        parts = urlsplit(request.target)
        if parts.path.endswith("/script.json"):
            subject = self.tasks[parts.path.split("/")[2]]
            if subject is None:
                return Answer(404, {}, b"Not Found")
            headers = {"last-modified": self.written_at} if self.written_at else {}
            return Answer(200, headers, json.dumps({"params": {"video_subject": subject}}).encode())
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
    server.tasks = {f"t{n}": "Sea" for n in range(40)}
    told = [import_tasks(account, None, most=25) for _ in range(2)]
    assert [(done.new, done.more) for done in told] == [(25, True), (15, False)]
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


# By itself


def by_itself(account: Account) -> None:
    read_due(timezone.now, importing.ask_now)
    account.refresh_from_db()


def due_now() -> None:
    Account.objects.update(import_due_at=timezone.now())
    Lookup.objects.update(due_at=timezone.now())


def test_an_account_takes_in_new_tasks_by_itself_when_it_is_told_to(account: Account, server: Server) -> None:
    by_itself(account)
    assert (server.asked, Task.objects.count()) == (0, 0)
    edit_account(account, None, imports=True)
    by_itself(account)
    assert Task.objects.count() == 3
    assert account.import_message == "3 new tasks."
    assert account.import_due_at is not None
    assert account.import_due_at > timezone.now() + timedelta(seconds=30)
    by_itself(account)
    assert server.asked == 4, "it is not due yet"
    server.tasks["d"] = "Foam"
    due_now()
    by_itself(account)
    assert Task.objects.get(remote_id="d").prompt == "Foam"
    assert account.import_message == "1 new task."


def test_only_one_process_reads_an_account(account: Account, server: Server) -> None:
    edit_account(account, None, imports=True)
    account.refresh_from_db()
    seen_by_another = Account.objects.get()

    def ask(asked: Account, request: Request) -> Answer:
        assert due_accounts(timezone.now()) == []
        take_in_new(seen_by_another, timezone.now(), server.ask)  # it does nothing
        return server.ask(asked, request)

    take_in_new(account, timezone.now(), ask)
    assert Task.objects.count() == 3
    assert server.asked == 4


def test_a_process_that_is_to_end_leaves_it_due(account: Account, server: Server) -> None:
    edit_account(account, None, imports=True)

    def stopped(_: Account, __: Request) -> Answer:
        raise Stopped

    with pytest.raises(Stopped):
        take_in_new(account, timezone.now(), stopped)
    assert due_accounts(timezone.now()) == [account]


def test_what_was_stopped_here_is_never_taken_in_again(account: Account, server: Server) -> None:
    edit_account(account, None, imports=True)
    by_itself(account)
    stop_tracking([Task.objects.get(remote_id="a").pk], None)
    purge_trash(timezone.now() + timedelta(days=31))
    assert not Task.objects.filter(remote_id="a").exists()
    due_now()
    by_itself(account)
    import_tasks(account, None)
    assert not Task.objects.filter(remote_id="a").exists()
    assert track(account, Adoption("a"), None).created, "a person may have it again"


def test_a_server_that_is_away_is_told_and_asked_later(account: Account, server: Server) -> None:
    edit_account(account, None, imports=True)
    server.away = True
    by_itself(account)
    assert account.import_message == "The list cannot be read: It refused the connection."
    assert account.imported_at is None
    assert account.import_due_at is not None


@pytest.mark.parametrize(
    ("limit", "asked", "gap_s", "pages"),
    [(None, 1, 60, 10), (None, 20, 200, 10), (10, 4, 240, 5), (2, 9, 300, 1)],
)
def test_it_costs_a_tenth_of_the_requests_at_most(
    account: Account, limit: int | None, asked: int, gap_s: float, pages: int
) -> None:
    account.requests_per_minute = limit
    assert gap_for(account, Imported(asked=asked)) == gap_s
    assert pages_for(account) == pages


def test_of_a_long_list_the_end_is_read(
    account: Account, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PAGE_SIZE", 10)
    server.tasks = {f"t{n:03}": "Sea" for n in range(95)}
    done = import_tasks(account, None, pages=3, most=100)
    assert done.more
    found = set(Task.objects.values_list("remote_id", flat=True))
    assert found == {f"t{n:03}" for n in [*range(10), *range(80, 95)]}


def test_only_a_provider_with_a_list_can_be_told_to(account: Account) -> None:
    lemon = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")
    with pytest.raises(ValidationError):
        edit_account(lemon, None, imports=True)
    client = visitor(Role.MANAGER)
    assert 'name="imports"' not in client.get("/accounts/lemon/edit").content.decode()
    html = client.get("/accounts/mac/edit").content.decode()
    assert 'name="imports"' in html
    assert 'name="imports" id="id_imports" checked' not in html
    form = {"base_url": account.base_url, "concurrency": "20", "enabled": "on", "imports": "on"}
    client.post("/accounts/mac/edit", form)
    account.refresh_from_db()
    assert account.imports
    assert "Takes in new tasks by itself." in text_of(client.get("/accounts"))


# What nobody could confirm


@pytest.fixture
def in_doubt(account: Account) -> Task:
    """Its call is out, and nobody knows what came of it."""
    task = create(account, Wish(Kind.VIDEO, {"video_subject": "The  sea"}), None).task
    now = timezone.now()
    Submission.objects.update(sent_at=now, settled_at=now)
    Task.objects.filter(pk=task.pk).update(status=Status.UNCONFIRMED)
    task.refresh_from_db()
    return task


def page_of(task: Task) -> str:
    return text_of(visitor(username="zoe").get(f"/tasks/{task.pk}"))


def test_the_one_that_fits_is_offered_and_adopted_with_one_click(
    account: Account, server: Server, in_doubt: Task
) -> None:
    before = in_doubt.version
    by_itself(account)
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.remote_id) == (Status.UNCONFIRMED, None)
    assert in_doubt.version > before, "pages that show it hear of it"
    client = visitor()
    page = text_of(client.get(f"/tasks/{in_doubt.pk}"))
    assert "This looks like it" in page
    assert 'name="found" value="a"' in page
    client.post(f"/tasks/{in_doubt.pk}/adopt", {"found": "a", "remote_id": ""})
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.remote_id) == (Status.QUEUED, "a")
    assert "This looks like it" not in text_of(client.get(f"/tasks/{in_doubt.pk}"))


def test_only_a_task_with_our_own_id_is_adopted_silently(
    account: Account, server: Server, in_doubt: Task
) -> None:
    server.tasks[str(in_doubt.pk)] = "The sea"
    by_itself(account)
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.remote_id) == (Status.QUEUED, str(in_doubt.pk))
    assert in_doubt.events.order_by("-id")[0].actor == ""


def test_none_that_fits_is_said_with_the_time(account: Account, server: Server, in_doubt: Task) -> None:
    server.tasks = {"b": None, "c": "Tides"}
    by_itself(account)
    page = page_of(in_doubt)
    assert "Looked up in MoneyPrinterTurbo’s list" in page
    assert "no task there that is not known here fits" in page
    assert "1 task does not tell yet" in page
    assert "It is looked up again" in page


def test_what_is_known_or_older_does_not_fit(account: Account, server: Server, in_doubt: Task) -> None:
    server.tasks = {"a": "The sea", "old": "The sea"}
    track(account, Adoption("a"), None)
    server.written_at = "Sun, 22 Nov 2015 10:00:00 GMT"
    by_itself(account)
    assert Lookup.objects.get().fitting == []
    server.written_at = format_datetime(timezone.now())
    due_now()
    by_itself(account)
    assert Lookup.objects.get().fitting == ["old"]


def test_several_that_fit_are_named_and_none_is_recommended(
    account: Account, server: Server, in_doubt: Task
) -> None:
    server.tasks = {"a": "The sea", "b": "The sea"}
    by_itself(account)
    page = page_of(in_doubt)
    assert "2 tasks look like it" in page
    assert page.count('name="found"') == 2


def test_it_is_looked_up_a_few_times_and_when_a_person_asks(
    account: Account, server: Server, in_doubt: Task
) -> None:
    server.tasks = {}
    by_itself(account)
    for _ in looking_up.AGAIN_AFTER_S:
        due_now()
        by_itself(account)
    assert Lookup.objects.get().due_at is None
    asked = server.asked
    by_itself(account)
    assert server.asked == asked
    said = notices(visitor().post(f"/tasks/{in_doubt.pk}/lookup", follow=True))
    assert said == ["Its list is looked at within seconds."]
    by_itself(account)
    assert server.asked == asked + 1


def test_an_import_leaves_alone_what_may_be_its_task(
    account: Account, server: Server, in_doubt: Task
) -> None:
    done = import_tasks(account, None)
    assert (done.new, done.left) == (1, 2)
    assert set(Task.objects.values_list("remote_id", flat=True)) == {None, "c"}
    stop_tracking([in_doubt.pk], None)
    assert import_tasks(account, None).new == 2


def test_nothing_is_taken_in_while_a_create_call_is_out(
    account: Account, server: Server, in_doubt: Task
) -> None:
    Submission.objects.update(settled_at=None)
    Task.objects.update(status=Status.SUBMITTING)
    assert import_tasks(account, None).waits
    assert Task.objects.count() == 1


def test_a_list_that_cannot_be_read_is_told_on_the_page(
    account: Account, server: Server, in_doubt: Task
) -> None:
    server.away = True
    by_itself(account)
    assert "could not be read the last time: It refused the connection." in page_of(in_doubt)


@pytest.mark.parametrize(
    ("sent", "told", "fits"),
    [
        ({"video_subject": "Sea"}, {"video_subject": "Sea", "video_script": "Made by the server"}, True),
        (
            {"video_subject": "Sea", "video_script": "Mine"},
            {"video_subject": "Sea", "video_script": "x"},
            False,
        ),
        ({"video_script": "Mine"}, {"video_subject": "", "video_script": " Mine\n"}, True),
        ({"video_subject": "Sea"}, {"video_subject": "Seas"}, False),
        ({}, {"video_subject": "Sea"}, False),
        ({"video_subject": 7}, {"video_subject": None}, False),
    ],
)
def test_what_fits_is_what_a_person_gave(
    sent: dict[str, object], told: dict[str, object], *, fits: bool
) -> None:
    assert moneyprinter_list.was_made_by(About("", told), sent) is fits
