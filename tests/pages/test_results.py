"""A result's address: where it leads, and what it says when it leads nowhere."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.tokens import create_token
from tasks.models import Account, Result
from tasks.vocabulary import Archive, Status
from tests.pages.tasks import make

pytestmark = pytest.mark.django_db


def test_a_result_leads_to_the_provider_without_telling_where_from(viewer: Client, account: Account) -> None:
    task = make(account, status=Status.SUCCEEDED)
    url = "https://cdn.example/a.mp4?sig=a%2Fb%3D%3D&e=1"
    result = Result.objects.create(task=task, position=0, kind="video", remote_url=url)
    response = viewer.get(f"/results/{result.pk}")
    assert (response.status_code, response["Location"]) == (302, url)
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"archive": Archive.EXPIRED}, 410, "no longer has this file"),
        ({"inline": True}, 404, "inside its answer"),
        ({"remote_url": "javascript:alert(1)"}, 404, "no web address"),
        ({"remote_url": "/v1/video/generations/download?id=7"}, 404, "only with the account’s key"),
    ],
)
def test_a_result_that_cannot_be_fetched_says_why(
    viewer: Client, account: Account, fields: dict[str, Any], status: int, words: str
) -> None:
    task = make(account, status=Status.SUCCEEDED)
    result = Result.objects.create(task=task, position=0, kind="video", **fields)
    response = viewer.get(f"/results/{result.pk}")
    assert response.status_code == status
    html = response.content.decode()
    assert words in html
    assert f'href="/tasks/{task.pk}"' in html


def test_results_of_discarded_tasks_are_not_found(member: Client, account: Account) -> None:
    task = make(account, deleted_at=timezone.now())
    result = Result.objects.create(task=task, position=0, kind="video", remote_url="https://cdn.example/a")
    assert member.get(f"/results/{result.pk}").status_code == 404


def test_a_program_reads_a_result_with_its_token(account: Account) -> None:
    task = make(account, status=Status.SUCCEEDED)
    result = Result.objects.create(task=task, position=0, kind="video", remote_url="https://cdn.example/a")
    token = create_token(User.objects.create_user("robot"), "script", read_only=True)
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().get(f"/results/{result.pk}", headers=headers).status_code == 302
    refused = Client().get(f"/results/{result.pk}", headers={"Authorization": "Bearer dly_wrong"})
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"


def test_a_proxy_with_a_password_of_its_own_hides_no_result(viewer: Client, account: Account) -> None:
    task = make(account, status=Status.SUCCEEDED)
    result = Result.objects.create(task=task, position=0, kind="video", remote_url="https://cdn.example/a")
    headers = {"Authorization": "Basic dXNlcjpwYXNz"}
    assert viewer.get(f"/results/{result.pk}", headers=headers).headers["Location"] == "https://cdn.example/a"
    assert Client().get(f"/results/{result.pk}", headers=headers).headers["Location"].startswith("/login")
