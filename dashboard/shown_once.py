"""A secret on its way over a redirect: encrypted in the session, gone once it was shown."""

from contextlib import suppress

from django.http import HttpRequest

from tasks.secrets import KeyUnreadable, decrypt, encrypt


def keep(request: HttpRequest, name: str, secret: str) -> None:
    """Hold a secret for the page that this person sees next."""
    request.session[f"once.{name}"] = encrypt(secret)


def take(request: HttpRequest, name: str) -> str:
    """The secret, the first time only; "" afterwards."""
    with suppress(KeyUnreadable):
        return decrypt(request.session.pop(f"once.{name}", ""))
    return ""
