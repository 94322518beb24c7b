"""The audit page: newest first, filtered, searched, paged and exported."""

import csv
import re
import tracemalloc
from datetime import timedelta
from io import StringIO
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.utils import timezone

from dashboard.audit_log import Place
from dashboard.deeds import WORDS
from dashboard.people import Role
from tasks.auditing import remember
from tasks.models import AuditEntry
from tasks.vocabulary import Deed
from tests.live.sockets import elsewhere
from tests.pages.visitors import person, text_of, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None) -> User:
    return person(Role.MANAGER, "boss")


@pytest.fixture
def desk(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def subjects(response: Any) -> list[str]:
    assert response.status_code == 200
    return re.findall(r'class="c-what"><strong>([^<]*)<', response.content.decode())


def test_every_deed_has_words() -> None:
    assert WORDS.keys() == set(Deed)


def test_it_tells_who_did_what_the_newest_first(desk: Client, boss: User) -> None:
    remember(Deed.TASK_DELETED, boss, "Harbour", details="")
    remember(Deed.ROLE_CHANGED, boss, "jonas", details="viewer → member")
    remember(Deed.RULE_APPLIED, None, "Everything after 30 days", details="3 files deleted")
    response = desk.get("/audit")
    assert subjects(response) == ["Everything after 30 days", "jonas", "Harbour"]
    page = text_of(response)
    for words in ("stopped tracking", "changed a role", "viewer → member", "<span>Dailies</span>"):
        assert words in page


def test_what_was_typed_elsewhere_is_shown_as_text(desk: Client, boss: User) -> None:
    remember(Deed.TASK_DELETED, boss, "<script>alert(1)</script>", details="<b>x</b>")
    assert b"<script>alert" not in desk.get("/audit").content
    assert b"<b>x" not in desk.get("/audit").content


def test_many_details_are_folded(desk: Client, boss: User) -> None:
    remember(Deed.TASK_DELETED, boss, "9 tasks", details="\n".join(f"Take {n}" for n in range(9)))
    page = text_of(desk.get("/audit"))
    assert "<summary>Take 0" in page
    assert "and 8 more" in page
    assert "<li>Take 8</li>" in page


def test_it_filters_by_deed_person_and_text(desk: Client, boss: User) -> None:
    mira = person(username="mira")
    remember(Deed.TASK_DELETED, mira, "Harbour")
    remember(Deed.TASK_RESTORED, mira, "Harbour")
    remember(Deed.TASK_DELETED, boss, "Über den Dächern", details="ÄRGER")
    remember(Deed.RULE_APPLIED, None, "Everything")
    for query, found in (
        ("deed=task_deleted", ["Über den Dächern", "Harbour"]),
        ("person=mira", ["Harbour", "Harbour"]),
        ("person=-", ["Everything"]),
        ("q=über+DEN", ["Über den Dächern"]),
        ("q=ärger", ["Über den Dächern"]),
        ("q=MIRA&deed=task_restored", ["Harbour"]),
        ("q=%25", []),
        ("person=nobody", []),
    ):
        assert subjects(desk.get(f"/audit?{query}")) == found, query


def test_it_says_when_there_is_nothing_and_when_nothing_fits(desk: Client, boss: User) -> None:
    assert "Nothing to tell yet" in text_of(desk.get("/audit"))
    assert "Export" not in text_of(desk.get("/audit"))
    remember(Deed.TASK_DELETED, boss, "Harbour")
    assert "Nothing in the log fits" in text_of(desk.get("/audit?q=boat"))
    beyond = Place(timezone.now() - timedelta(days=9), 1)
    assert "beyond the oldest entry" in text_of(desk.get(f"/audit?cursor={beyond}"))


@pytest.mark.parametrize(
    "url",
    [
        *(
            f"/{page}?{query}"
            for page in ("audit", "audit.csv")
            for query in ("deed=nonsense", "q=" + "x" * 201, "q=%00", "person=%00")
        ),
        "/audit?cursor=x",
        "/audit?cursor=" + "9" * 30,
    ],
)
def test_what_means_nothing_is_refused_in_words(desk: Client, url: str) -> None:
    response = desk.get(url)
    assert response.status_code == 400
    assert response.content


def test_pages_follow_one_another_even_when_all_happened_at_once(desk: Client, boss: User) -> None:
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, deed=Deed.TASK_DELETED, subject=f"t{n}", search=f"t{n}") for n in range(120)
    )
    seen, url = [], "/audit?deed=task_deleted"
    while url:
        response = desk.get(url)
        seen.append(subjects(response))
        older = re.search(r'href="(\?[^"]+)" rel="next"', response.content.decode())
        url = "/audit" + older.group(1).replace("&amp;", "&") if older else ""
        remember(Deed.TASK_DELETED, boss, "new")
    assert [len(one) for one in seen] == [50, 50, 20]
    assert [one for page in seen for one in page] == [f"t{n}" for n in reversed(range(120))]


def test_the_rooms_are_reached_from_every_page_by_managers_alone(desk: Client) -> None:
    for client, sees in ((desk, True), (visitor(Role.MEMBER), False)):
        for page in ("/accounts", "/profile"):
            html = client.get(page).content.decode()
            for room in ('href="/audit"', 'href="/storage"'):
                assert (room in html) is sees


# Export


async def exported(client: AsyncClient, query: str = "") -> list[list[str]]:
    response = await client.get(f"/audit.csv?{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="dailies-audit-')
    parts = [part async for part in cast("StreamingHttpResponse", response)]
    text = b"".join(parts).decode("utf-8-sig")
    return list(csv.reader(StringIO(text)))


@pytest.fixture
def async_desk(boss: User) -> AsyncClient:
    client = AsyncClient()
    client.force_login(boss)
    return client


@pytest.mark.django_db(transaction=True)
async def test_the_export_holds_every_entry_of_the_filter(async_desk: AsyncClient, boss: User) -> None:
    def prepare() -> None:
        now = timezone.now()
        AuditEntry.objects.bulk_create(
            AuditEntry(at=now, deed=Deed.TASK_DELETED, subject=f"t{n}", search=f"t{n}") for n in range(1_203)
        )
        remember(Deed.TASK_RESTORED, boss, "Hafen, früh", subject_id=7, details='a "quoted"\nsecond line')

    await elsewhere(prepare)
    head, first, *rest = await exported(async_desk)
    assert head == ["time (UTC)", "who", "deed", "what", "id", "details"]
    assert first[1:] == ["boss", "task_restored", "Hafen, früh", "7", 'a "quoted"\nsecond line']
    assert [row[3] for row in rest] == [f"t{n}" for n in reversed(range(1_203))]
    assert rest[0][1] == "Dailies"
    assert len(await exported(async_desk, "q=t7")) == 1 + 111
    assert len(await exported(async_desk, "deed=share_made")) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", " =", "\r"])
async def test_a_title_is_no_formula_to_a_spreadsheet(async_desk: AsyncClient, boss: User, sign: str) -> None:
    await elsewhere(
        remember, Deed.TASK_DELETED, boss, f'{sign}HYPERLINK("http://evil.example")', details=f"{sign}1"
    )
    (_, row) = await exported(async_desk)
    assert row[3].startswith("'")
    assert row[5].startswith("'")


@pytest.mark.django_db(transaction=True)
async def test_a_long_log_is_exported_in_little_memory(async_desk: AsyncClient) -> None:
    def prepare() -> None:
        now = timezone.now()
        AuditEntry.objects.bulk_create(
            (
                AuditEntry(at=now, deed=Deed.TASK_DELETED, subject=f"t{n}", details="x" * 2_000)
                for n in range(10_000)
            ),
            batch_size=1_000,
        )

    await elsewhere(prepare)
    response = await async_desk.get("/audit.csv")
    sent_bytes = 0
    tracemalloc.start()
    async for part in cast("StreamingHttpResponse", response):
        sent_bytes += len(part)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent_bytes > 20_000_000
    assert peak_bytes < sent_bytes / 2
