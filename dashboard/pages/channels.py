"""Notifications: where a person, or the team, is told what happened, and what became of each message."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import shown_once
from dashboard.addresses import site_url
from dashboard.channel_cards import Card, channels_for, log_of
from dashboard.forms.channels import EXAMPLES, EditChannelForm, NewChannelForm
from dashboard.paging import BadCursor, Cursor
from dashboard.people import Role, needs, person_of, role_of
from tasks.models import Channel, Delivery
from tasks.notifying import channels
from tasks.vocabulary import ChannelKind

SECRET = "webhook"  # noqa: S105  the name it is kept by until it was shown


@require_safe
@never_cache
@needs(Role.VIEWER)
def listing(request: HttpRequest) -> HttpResponse:
    own, team = channels_for(person_of(request))
    ctx = {"own": own, "team": team, "section": "profile"}
    return render(request, "channels/list.html", ctx)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.VIEWER)
def add(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    kind = ChannelKind.WEBHOOK if request.GET.get("kind") == ChannelKind.WEBHOOK else ChannelKind.CHAT
    is_manager = role_of(user) >= Role.MANAGER
    if request.POST.get("whose") == "team" and not is_manager:
        raise PermissionDenied("The team’s channels need the role “manager”.")
    form = NewChannelForm(
        request.POST or None, kind=kind, is_manager=is_manager, initial={"whose": request.GET.get("whose")}
    )
    if request.method == "POST" and form.is_valid():
        address, of_team = form.cleaned_data["address"], form.is_of_team
        try:
            made = channels.make_channel(
                kind, address, form.terms(), user, of_team=of_team, site=site_url(request)
            )
        except ValidationError as error:
            form.take_errors(error)
        else:
            if made.secret:
                shown_once.keep(request, SECRET, made.secret)
            messages.success(request, f"{made.channel} is added. Send a test to see whether it arrives.")
            return redirect("channel", made.channel.pk)
    ctx = {"form": form, "kind": kind, "examples": EXAMPLES, "section": "profile"}
    return render(request, "channels/add.html", ctx)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.VIEWER)
def channel(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """The channel with its log. A wrong cursor shows the newest."""
    found = _find(request, channel_id)
    form = EditChannelForm(request.POST or None, channel=found)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"]
        try:
            channels.change_channel(
                found, form.terms(), person_of(request), address=address, site=site_url(request)
            )
        except ValidationError as error:
            form.take_errors(error)
        else:
            messages.success(request, f"{found} is saved.")
            return redirect("channel", found.pk)
        found.refresh_from_db()
    cursor = _cursor(request)
    lines, older = log_of(found, cursor)
    ctx = {
        "form": form,
        "card": Card(found),
        "lines": lines,
        "older": older,
        "is_first_page": cursor is None,
        "secret": shown_once.take(request, SECRET),
        "section": "profile",
    }
    return render(request, "channels/channel.html", ctx)


@require_POST
@needs(Role.VIEWER)
def test(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Send a message now, and say how it went."""
    found = _find(request, channel_id)
    outcome = channels.try_channel(found)
    if outcome.arrived:
        status = f" (HTTP {outcome.http_status})" if outcome.http_status else ""
        messages.success(request, f"{found}: the test message was taken{status}.")
    else:
        messages.error(request, f"{found}: {outcome.trouble}")
    return redirect("channel", found.pk)


@require_POST
@needs(Role.VIEWER)
def pause(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    found = _find(request, channel_id)
    channels.pause_channel(found, person_of(request))
    messages.success(request, f"{found} is paused. It tells nothing until somebody resumes it.")
    return redirect("channels")


@require_POST
@needs(Role.VIEWER)
def resume(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    found = _find(request, channel_id)
    channels.resume_channel(found, person_of(request))
    messages.success(request, f"{found} tells what happens from now on; what had waited is sent.")
    return redirect("channels")


@require_POST
@needs(Role.VIEWER)
def new_secret(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    found = _find(request, channel_id)
    if not found.is_webhook:
        messages.error(request, f"{found} is no webhook, so nothing is signed.")
        return redirect("channel", found.pk)
    shown_once.keep(request, SECRET, channels.renew_secret(found, person_of(request)))
    messages.success(
        request, "A new secret is made. For a day messages are signed with the one before as well."
    )
    return redirect("channel", found.pk)


@require_POST
@needs(Role.VIEWER)
def delete(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    found = _find(request, channel_id)
    channels.delete_channel(found, person_of(request))
    messages.success(request, f"{found} is deleted, with what was still to be sent.")
    return redirect("channels")


@require_POST
@needs(Role.VIEWER)
def redeliver(request: HttpRequest, channel_id: UUID, delivery_id: UUID) -> HttpResponse:
    found = _find(request, channel_id)
    delivery = get_object_or_404(Delivery, pk=delivery_id, channel=found)
    if channels.redeliver(delivery):
        later = "" if Card(found).is_on else " as soon as the channel is on again"
        messages.success(request, f"“{delivery}” is sent once more{later}.")
    else:
        messages.error(request, f"“{delivery}” is on its way just now.")
    return redirect("channel", found.pk)


def _find(request: HttpRequest, channel_id: UUID) -> Channel:
    """One's own, or the team's for a manager; any other is not there."""
    user = person_of(request)
    theirs = Q(owner=user)
    if role_of(user) >= Role.MANAGER:
        theirs |= Q(owner=None)
    return get_object_or_404(Channel.objects.filter(theirs), pk=channel_id)


def _cursor(request: HttpRequest) -> Cursor | None:
    try:
        return Cursor.read(request.GET["cursor"]) if request.GET.get("cursor") else None
    except BadCursor:
        return None
