"""The list of tasks, as a table and as a gallery."""

from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from dashboard.counts import SHOWN_UP_TO, count_capped
from dashboard.figures import capped, day_name
from dashboard.filters import TaskFilter, UnknownWord
from dashboard.matching import match_of
from dashboard.paging import BadCursor, Cursor, Page, page_of
from dashboard.people import Role, needs, person_of
from dashboard.rendering import View, render_task
from dashboard.templatetags.dailies import person_name
from dashboard.usual import usual_times
from dashboard.wording import KINDS, TABS, Tab
from tasks.desk import known_tags
from tasks.models import Account, Task
from tasks.models.task import folded
from tasks.providers import PROVIDERS
from tasks.vocabulary import ACTIVE

PER_PAGE = 50
PLAIN = TaskFilter(archived="no")
"""What the list shows when its address asks for nothing."""
ARCHIVED_WORDS = {"": "no", "all": ""}
"""What the address says of the archive, as the filter has it; "yes" and "no" are the filter's own."""


@dataclass(frozen=True)
class List:
    """What the address asks for: which tasks, how, and from where on."""

    found: TaskFilter
    view: View
    cursor: Cursor | None

    @classmethod
    def read(cls, request: HttpRequest) -> "List":
        """UnknownWord or BadCursor when the address was not made by us."""
        query = request.GET.dict()
        word = query.get("archived", "").strip()
        query["archived"] = ARCHIVED_WORDS.get(word, word)
        cursor = Cursor.read(query["cursor"]) if query.get("cursor") else None
        view: View = "cards" if query.get("view") == "cards" else "rows"
        return cls(TaskFilter.read(query), view, cursor)

    def url(
        self, found: TaskFilter | None = None, *, view: View | None = None, cursor: Cursor | None = None
    ) -> str:
        """The address of the same list with something else; without `cursor`, its newest page."""
        filter_query = _address_of(found or self.found)
        view_query = "view=cards" if (view or self.view) == "cards" else ""
        cursor_query = urlencode({"cursor": str(cursor)}) if cursor else ""
        query = "&".join(part for part in (filter_query, view_query, cursor_query) if part)
        return reverse("tasks") + (f"?{query}" if query else "")

    @property
    def is_plain(self) -> bool:
        """Whether nothing narrows it."""
        return self.found == PLAIN

    @property
    def archived_word(self) -> str:
        """What the address says of the archive; "" when it keeps to the usual."""
        return next((word for word, meant in ARCHIVED_WORDS.items() if meant == self.found.archived), "yes")

    def live_query(self, page: Page) -> str:
        """What the socket and its fallback need to know of this list.

        An older page takes no new tasks; one without an older page takes older ones too that come to match.
        """
        cursor_query = urlencode({"cursor": str(self.cursor)}) if self.cursor else ""
        whole = "" if page.next or self.cursor else "whole=1"
        return "&".join(
            part for part in (f"view={self.view}", self.found.query(), cursor_query, whole) if part
        )


@dataclass(frozen=True)
class ShownTab:
    tab: Tab
    url: str
    count: str
    is_current: bool

    @property
    def statuses(self) -> str:
        return ",".join(sorted(self.tab.statuses))


@dataclass(frozen=True)
class Toggle:
    """A filter that is on or off; `url` turns it over."""

    label: str
    icon: str
    url: str
    is_on: bool


@dataclass(frozen=True)
class Choice:
    """One of the select boxes: what it is called when open, and its options."""

    name: str
    label: str
    everything: str
    options: list[tuple[str, str]]
    value: str
    clear_url: str

    @property
    def words(self) -> str:
        """What is chosen, for people."""
        known = dict(self.options)
        return ", ".join(known.get(word, word) for word in self.value.split(","))

    @property
    def is_known(self) -> bool:
        return not self.value or self.value in dict(self.options)


@require_GET
@needs(Role.VIEWER)
def tasks(request: HttpRequest) -> HttpResponse:
    try:
        asked = List.read(request)
    except (UnknownWord, BadCursor) as error:
        return render(request, "tasks/bad_filter.html", {"section": "tasks", "error": error}, status=400)
    accounts = list(Account.objects.all())
    counts = count_capped(asked.found, accounts)
    page = page_of(asked.found.tasks(accounts).with_owner(), asked.cursor, PER_PAGE)
    ctx = {
        "section": "tasks",
        "live": True,
        "list": asked,
        "accounts": accounts,
        "providers": PROVIDERS,
        "tabs": _tabs(asked, counts),
        "toggles": _toggles(asked, person_of(request)),
        "choices": _choices(asked, accounts, _owners(page.tasks, person_of(request))),
        "active": sum(counts[status] for status in ACTIVE),
        "total": _total(asked.found, counts),
        "match": match_of(asked.found),
        "is_first_run": asked.is_plain and not page.tasks and not Task.objects.tracked().exists(),
        **_listing(asked, page),
    }
    return render(request, "tasks/list.html", ctx)


def _listing(asked: List, page: Page) -> dict[str, object]:
    rows = _days(page.tasks) if asked.view == "cards" else _rendered(page.tasks, "rows")
    return {
        "rows": rows,
        "shown": len(page.tasks),
        "older_url": asked.url(cursor=page.next) if page.next else "",
        "newer_url": asked.url(cursor=page.previous) if page.previous else "",
        "newest_url": asked.url(),
        "live_query": asked.live_query(page),
        "table_url": asked.url(view="rows"),
        "cards_url": asked.url(view="cards"),
        "clear_url": asked.url(PLAIN),
        "all_url": asked.url(replace(asked.found, archived="")),
        "usual_url": asked.url(replace(asked.found, archived="no")),
        "clear_text_url": asked.url(asked.found.without("q")),
    }


def _address_of(found: TaskFilter) -> str:
    """The filter's query string, which says nothing of the archive when that is as usual."""
    if found.archived == "":
        return "&".join(part for part in (found.query(), "archived=all") if part)
    return (found.without("archived") if found.archived == "no" else found).query()


def _rendered(found: list[Task], view: View) -> SafeString:
    usual_times.renew(found)
    return mark_safe("".join(render_task(task, view) for task in found))  # noqa: S308  our own templates


def _days(found: list[Task]) -> list[tuple[str, Task, SafeString]]:
    """The gallery's days: the name, its newest task, its cards."""
    now = timezone.now()
    groups = groupby(found, key=lambda task: timezone.localtime(task.created_at).date())
    days = [list(group) for _, group in groups]
    return [(day_name(day[0].created_at, now), day[0], _rendered(day, "cards")) for day in days]


def _tabs(asked: List, counts: dict[str, int]) -> list[ShownTab]:
    shown = []
    for tab in TABS:
        status = frozenset(word.value for word in tab.statuses)
        count = sum(counts[word] for word in status or counts)
        url = asked.url(replace(asked.found, status=status))
        shown.append(ShownTab(tab, url, capped(count), status == asked.found.status))
    return shown


def _toggles(asked: List, person: User) -> list[Toggle]:
    found, mine = asked.found, frozenset({person.get_username()})
    is_mine, is_archive = found.owner == mine, found.archived == "yes"
    return [
        Toggle("Mine", "user", asked.url(replace(found, owner=frozenset() if is_mine else mine)), is_mine),
        Toggle(
            "Starred",
            "star",
            asked.url(replace(found, starred="" if found.starred else "1")),
            bool(found.starred),
        ),
        Toggle(
            "Archived",
            "archive",
            asked.url(replace(found, archived="no" if is_archive else "yes")),
            is_archive,
        ),
    ]


def _owners(found: list[Task], person: User) -> list[tuple[str, str]]:
    """Whose tasks one may want to see: one's own, and of those on the page. Asks the database nothing."""
    people = {task.created_by for task in found if task.created_by and task.created_by_id != person.pk}
    others = sorted((person_name(one), one.get_username()) for one in people)
    return [(person.get_username(), "Me"), *((username, name) for name, username in others)]


def _choices(asked: List, accounts: list[Account], owners: list[tuple[str, str]]) -> list[Choice]:
    providers = [(name, module.NAME) for name, module in PROVIDERS.items()]
    named = [(account.slug, str(account)) for account in accounts]
    kinds = [(kind.value, label) for kind, label in KINDS.items()]
    return [
        _choice(asked, "provider", "All providers", providers),
        _choice(asked, "account", "All accounts", named),
        _choice(asked, "kind", "All kinds", kinds),
        _choice(asked, "owner", "Everyone", owners),
        _choice(asked, "tag", "All tags", [(folded(tag), tag) for tag in known_tags()]),
    ]


def _choice(asked: List, name: str, everything: str, options: list[tuple[str, str]]) -> Choice:
    value = ",".join(sorted(getattr(asked.found, name)))
    clear_url = asked.url(asked.found.without(name))
    return Choice(name, name.capitalize(), everything, options, value, clear_url)


def _total(found: TaskFilter, counts: dict[str, int]) -> str:
    """How many tasks match in all; "" when the text filter leaves that unknown."""
    if found.q:
        return ""
    parts = [counts[word] for word in found.status or counts]
    return f"{capped(sum(parts))}" if max(parts, default=0) <= SHOWN_UP_TO else capped(SHOWN_UP_TO + 1)
