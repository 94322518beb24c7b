from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults
from pytest_django import DjangoAssertNumQueries

from dashboard.people import Role
from tests.pages.visitors import text_of, visitor

pytestmark = pytest.mark.django_db


def request() -> HttpRequest:
    made = RequestFactory().get("/secret/path")
    made.user = AnonymousUser()
    return made


def server_error() -> HttpResponse:
    return defaults.server_error(request())


def bad_request() -> HttpResponse:
    return defaults.bad_request(request(), SuspiciousOperation("internal detail"))


def not_found() -> HttpResponse:
    return defaults.page_not_found(request(), Http404("internal detail"))


def forbidden() -> HttpResponse:
    return defaults.permission_denied(request(), PermissionDenied())


@pytest.mark.parametrize(
    ("fail", "status", "words"),
    [
        (bad_request, 400, "That request makes no sense here"),
        (forbidden, 403, "You may not do that"),
        (not_found, 404, "There is nothing here"),
        (server_error, 500, "Something broke on our side"),
    ],
)
def test_failures_are_told_in_words_with_a_way_back(
    fail: Callable[[], HttpResponse], status: int, words: str
) -> None:
    page = fail()
    assert page.status_code == status
    assert words in text_of(page)
    assert "Back to the tasks" in text_of(page)
    assert "internal detail" not in text_of(page)
    assert "/secret/path" not in text_of(page)


def test_the_broken_page_needs_no_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        server_error()


def test_a_missing_page_is_in_the_look_for_everybody() -> None:
    for client in (visitor(None), visitor(Role.VIEWER)):
        page = client.get("/no/such/page")
        assert page.status_code == 404
        assert 'href="/static/css/dailies.css"' in text_of(page)


def test_a_refusal_says_why() -> None:
    page = visitor(Role.VIEWER).get(reverse("people"))
    assert page.status_code == 403
    assert "This needs the role “manager”. Ask a manager for it." in text_of(page)


def test_a_form_without_its_proof_is_refused_in_words() -> None:
    page = Client(enforce_csrf_checks=True).post(reverse("login"), {"username": "mira", "password": "x"})
    assert page.status_code == 403
    assert "Please send that again" in text_of(page)
