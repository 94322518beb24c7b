"""Who calls: a bearer token stands for its user. Cookies count for nothing under `/api/`."""

from functools import wraps
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from ninja.security import HttpBearer

from dashboard.api.refusals import Refused
from dashboard.errors import error_response
from dashboard.people import P, Role, View, role_of
from dashboard.tokens import authenticate
from tasks.models import ApiToken


class BearerToken(HttpBearer):
    """Lets tokens of people with at least the role `needed` pass; 401 without one, 403 where it is not enough."""

    def __init__(self, needed: Role) -> None:
        super().__init__()
        self.needed = needed

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        return self.authenticate(request, bearer_text(request))

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = _token_of(token)
        if found and self.needed > Role.VIEWER:
            self._check_may_change(found)
        return found

    def _check_may_change(self, token: ApiToken) -> None:
        if token.read_only:
            raise Refused(403, "forbidden", "This token is read-only. Use one that may change things.")
        if role_of(token.user) < self.needed:
            message = f"This needs the role “{self.needed.name.lower()}”. Ask a manager for it."
            raise Refused(403, "forbidden", message)


READS = BearerToken(Role.VIEWER)
CHANGES = BearerToken(Role.MEMBER)


def bearer_text(request: HttpRequest) -> str:
    """The token of the Authorization header; "" when it carries none."""
    return request.headers["Authorization"].partition(" ")[2].strip() if is_bearer(request) else ""


def bearer_user(request: HttpRequest) -> User | None:
    """The user whose token a request carries; None without a valid one. For pages that programs may read too."""
    found = _token_of(bearer_text(request))
    return found.user if found else None


def bearer_too(view: View[P]) -> View[P]:
    """A page that programs may read with their token: it stands for its user there, and a wrong one is 401."""

    @wraps(view)
    def read(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_bearer(request):
            user = bearer_user(request)
            if user is None:
                return error_response(401)
            request.user = user
        return view(request, *args, **kwargs)

    return read


def is_bearer(request: HttpRequest) -> bool:
    """A proxy's own password travels in the same header, as another scheme."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def caller(request: HttpRequest) -> User:
    """The user behind a call that `BearerToken` let pass."""
    return cast("User", request.auth.user)  # type: ignore[attr-defined]


def _token_of(text: str) -> ApiToken | None:
    found = authenticate(text) if text else None
    return found if found and found.user.is_active else None
