"""Template tags and filters of every page; loaded everywhere (a builtin)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django import template
from django.contrib.messages.storage.base import Message
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.figures import absolute, ago, clock, day, ends, long_date, moment, recent, rough
from dashboard.outlook import Outlook, outlook
from dashboard.wording import Chip
from tasks.figures import counted, size
from tasks.models import Account, Task

register = template.Library()

UNDO = "undo:"
"""Begins the extra tag of a message that offers to undo what it tells of."""
TIMES: dict[str, Callable[[datetime, datetime], str]] = {
    "ago": ago,
    "age": lambda at, now: f"{rough((now - at).total_seconds())} ago",
    "moment": moment,
    "clock": lambda at, now: f"{timezone.localtime(at):%H:%M:%S}",
    "hour": lambda at, now: f"{timezone.localtime(at):%H:%M}",
    "day": day,
    "end": lambda at, now: f"{long_date(at)}, {timezone.localtime(at):%H:%M %Z}",
    "ends": ends,
    "recent": recent,
    "coming": lambda at, now: f"in {rough((at - now).total_seconds())}" if at > now else "any moment",
    "left": lambda at, now: (
        f"about {rough((at - now).total_seconds())} left" if at > now else "its link has expired"
    ),
    "since": lambda at, now: clock((now - at).total_seconds()),
    "until": lambda at, now: rough((at - now).total_seconds()) if at > now else "now",
    "next": lambda at, now: f"next in {rough((at - now).total_seconds())}" if at > now else "next any moment",
}
"""How a time can be printed; `static/js/times.js` knows the same words and keeps them true."""
NEXT_THEME = {"": "light", "light": "dark", "dark": "system"}


@register.simple_tag
@cache
def icon_url(name: str) -> str:
    """The address of one drawing in the sheet of icons."""
    return f"{static('icons.svg')}#{name}"


@register.simple_tag
@cache
def icon(name: str, css: str = "") -> SafeString:
    """One icon; decorative, so a word always stands beside it."""
    classes = f"i {css}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, icon_url(name))


@register.simple_tag
def when(at: datetime | None, how: str) -> SafeString | str:
    """A time in the reader's zone, in one of the ways of `TIMES`; the page keeps it true. "" for none."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" data-time="{}" title="{}">{}</time>',
        at.isoformat(),
        how,
        absolute(at),
        TIMES[how](at, timezone.now()),
    )


@register.simple_tag
def chip(shown: Chip, raw_status: str = "") -> SafeString:
    """A status chip; the provider's own word is in its tooltip."""
    title = format_html(' title="The provider says: {}"', raw_status) if raw_status else ""
    return format_html('<span class="chip {}"{}>{}{}</span>', shown.css, title, icon(shown.icon), shown.word)


@register.simple_tag(name="outlook")
def outlook_tag(task: Task) -> Outlook | None:
    """What earlier tasks say of the end of this one; None where they say nothing."""
    return outlook(task, timezone.now())


@register.simple_tag
def zone_name() -> str:
    """The zone that times are printed in."""
    return timezone.get_current_timezone_name()


@register.simple_tag
def next_theme(theme: str) -> str:
    """What the switch in the bar leads to: system, light, dark, and round again."""
    return NEXT_THEME.get(theme, "light")


@register.filter
def person_name(user: Any) -> str:
    """A person as the team knows them; "" for nobody."""
    return (user.get_full_name() or user.get_username()) if user else ""


@register.filter
def initials(user: Any) -> str:
    """Two letters for an avatar."""
    words = person_name(user).replace("@", " ").replace(".", " ").split()
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


@register.filter
def avatar_tint(user_id: int) -> str:
    """One of three tints, always the same for one person."""
    return ("", "b", "c")[user_id % 3]


@register.filter
def commas(words: Iterable[str]) -> str:
    return ",".join(sorted(words))


@register.filter
def iso_day(at: datetime) -> str:
    """`2026-11-22`, in the active zone."""
    return timezone.localtime(at).date().isoformat()


@register.filter
def long_day(at: datetime) -> str:
    """`Sunday 22 November`, in the active zone."""
    local = timezone.localtime(at)
    return f"{local:%A} {local.day} {local:%B}"


@register.filter
def has_provider(accounts: Iterable[Account], name: str) -> bool:
    return any(account.provider == name for account in accounts)


@register.filter
def providers_connected(accounts: Iterable[Account]) -> int:
    """How many kinds of provider there is an account at."""
    return len({account.provider for account in accounts})


@register.filter(name="rough")
def rough_filter(seconds: float) -> str:
    """`5 s`, `12 min`."""
    return rough(seconds)


register.filter("size", size)
register.filter("counted", counted)


@register.filter
def thousands(count: int) -> str:
    """`12,340`."""
    return f"{count:,}"


@dataclass(frozen=True, slots=True)
class Undo:
    """A message's Undo button: the address it posts to, and the tasks it names."""

    url: str
    task_ids: list[str]


def undo_tag(name: str, task_ids: Iterable[UUID]) -> str:
    """The extra tag of a message that offers to undo it: the page called `name` does so for these tasks."""
    return f"{UNDO}{name}:{','.join(map(str, task_ids))}"


@register.filter
def undo(message: Message) -> Undo | None:
    """How a message is undone; None when it offers nothing."""
    for tag in (message.extra_tags or "").split():
        if tag.startswith(UNDO):
            name, _, ids = tag.removeprefix(UNDO).partition(":")
            return Undo(reverse(name), ids.split(","))
    return None
