"""People who open a page, each with a browser of their own."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from dashboard.people import Role, set_role

ROLES = (Role.VIEWER, Role.MEMBER, Role.MANAGER)


def visitor(role: Role | None = Role.MEMBER, username: str = "mira") -> Client:
    """A signed-in browser; nobody's for None."""
    client = Client()
    if role is not None:
        client.force_login(person(role, username))
    return client


def person(role: Role = Role.MEMBER, username: str = "mira", password: str = "correct horse battery") -> User:
    user = User.objects.create_user(username, password=password)
    set_role(user, role)
    return user


def text_of(response: Any) -> str:
    """The page as a person reads it, as far as a test needs it: entities and line breaks undone."""
    page: str = response.content.decode()
    for entity, sign in (("&#x27;", "'"), ("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        page = page.replace(entity, sign)
    return " ".join(page.split())


def notices(response: Any) -> list[str]:
    """What the page after this one says in its notices."""
    return [str(message) for message in response.context["messages"]] if response.context else []


def field_errors(response: Any, form: str = "form") -> dict[str, str]:
    """The first error of each field of the form on the page."""
    return {name: errors[0] for name, errors in response.context[form].errors.items()}
