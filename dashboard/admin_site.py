"""The admin site as a whole: who may enter it, and that nothing done to people there goes unremembered."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from dashboard.people import Role, role_of
from dashboard.witness import NotAllowed, witnessed
from tasks.publishing import publish_people

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class DailiesAdmin(AdminSite):
    """For managers whom an administrator gave the admin site (`is_staff`): a lower role changes nothing anywhere."""

    site_header = site_title = "Dailies"
    index_title = "Everything behind the pages"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and role_of(request.user) >= Role.MANAGER

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """A page whose ModelAdmin says `changes_people` is judged and remembered as the people page is."""
        owner = getattr(view, "__self__", None)
        guarded = _witnessed_view(view) if getattr(owner, "changes_people", False) else view
        return super().admin_view(guarded, cacheable)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        user_id = request.user.pk
        answer = super().logout(request, extra_context)
        publish_people([user_id] if user_id else [])
        return answer


def _witnessed_view(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or not isinstance(request.user, User):
            return view(request, *args, **kwargs)
        try:
            with witnessed(request.user):
                return view(request, *args, **kwargs)
        except NotAllowed as error:
            list(messages.get_messages(request))  # what it said of its success is not true
            messages.error(request, f"{error} Nothing was changed.")
            return HttpResponseRedirect(request.get_full_path())

    return cast("View", inner)
