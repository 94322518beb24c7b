from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.models import Profile
from dashboard.news import COUNTED_MAX, REACHES_BACK, listed, mark_seen, profile_for, toasted, unseen
from dashboard.people import Role, needs, person_of


@require_safe
@never_cache
@needs(Role.VIEWER)
def news(request: HttpRequest) -> HttpResponse:
    """What ended lately. To look at it is to have seen it."""
    now, person = timezone.now(), person_of(request)
    profile = profile_for(person)
    ctx = {
        "pieces": listed(person, profile),
        "of_all": profile.news_of_all,
        "days": REACHES_BACK.days,
        "section": "news",
    }
    response = render(request, "news/news.html", ctx)
    mark_seen(profile, now)
    return response


@require_safe
@never_cache
@needs(Role.VIEWER)
def fresh(request: HttpRequest) -> HttpResponse:
    """For the bell of an open page: how many are unseen, and what just happened."""
    person = person_of(request)
    profile = profile_for(person)
    ctx = {"unseen": unseen(person, profile), "most": COUNTED_MAX, "pieces": toasted(person, profile)}
    return render(request, "news/_fresh.html", ctx)


@require_POST
@needs(Role.VIEWER)
def whose(request: HttpRequest) -> HttpResponse:
    """One's own tasks alone, or everybody's."""
    of_all = request.POST.get("whose") == "all"
    Profile.objects.update_or_create(user=person_of(request), defaults={"news_of_all": of_all})
    return redirect("news")
