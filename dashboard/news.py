"""What happened while somebody looked elsewhere: what the bell counts, its page lists, and toasts tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils import timezone

from dashboard.models import Profile
from dashboard.shown_task import Shown
from tasks.models import Event, Task
from tasks.models.task import TaskQuerySet
from tasks.vocabulary import TOLD, EventType, Status

NEWS = TOLD - {Status.CANCELED}
"""What is worth a word. Who cancels knows that it is canceled."""
REACHES_BACK = timedelta(days=14)
FRESH_FOR = timedelta(minutes=2)
"""How long something is worth a toast: pages ask again within this time."""
LISTED_MAX = 50
COUNTED_MAX = 100
TOASTED_MAX = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """One task that came to an end, or needs somebody."""

    task: Task
    shown: Shown
    is_new: bool

    @property
    def key(self) -> str:
        """The same for as long as nothing else happens to the task."""
        return f"{self.task.pk}:{self.task.status}"

    @property
    def says(self) -> str:
        """`Done · 1:20`, or what went wrong."""
        done = " · ".join(filter(None, (self.shown.chip.word, self.shown.took)))
        return self.shown.sentence or done


def profile_for(user: User) -> Profile:
    """The person's profile, made now when there is none: what happens from now on is news."""
    return Profile.objects.get_or_create(user=user)[0]


def listed(user: User, profile: Profile) -> list[Piece]:
    """The latest, newest first."""
    return _pieces(_found(user, profile, timezone.now() - REACHES_BACK), profile, LISTED_MAX)


def toasted(user: User, profile: Profile) -> list[Piece]:
    """What just happened, newest first."""
    return _pieces(_found(user, profile, timezone.now() - FRESH_FOR), profile, TOASTED_MAX)


def unseen(user: User, profile: Profile) -> int:
    """How many came since the list was last looked at; COUNTED_MAX stands for more."""
    since = max(profile.news_seen_at, timezone.now() - REACHES_BACK)
    return _found(user, profile, since)[:COUNTED_MAX].count()


def mark_seen(profile: Profile, at: datetime) -> None:
    """All that happened until `at` was looked at."""
    Profile.objects.filter(pk=profile.pk, news_seen_at__lt=at).update(news_seen_at=at)


def _found(user: User, profile: Profile, since: datetime) -> TaskQuerySet:
    """Tasks came to it by themselves: one that had ended when it was tracked is no news."""
    turned = Event.objects.filter(task=OuterRef("pk"), type=EventType.STATUS, to_status=OuterRef("status"))
    found = Task.objects.tracked().filter(status_at__gt=since, status__in=NEWS).filter(Exists(turned))
    return found if profile.news_of_all else found.filter(created_by=user)


def _pieces(found: TaskQuerySet, profile: Profile, limit: int) -> list[Piece]:
    tasks = found.with_owner().order_by("-status_at")[:limit]
    return [Piece(task, Shown(task), task.status_at > profile.news_seen_at) for task in tasks]
