"""What every answer tells browsers, whatever it is; and that our own pages live with it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.environment import ROOT

pytestmark = pytest.mark.django_db

STRICT = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NOT_ALLOWED = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|[\"'(]data:|https?://(?!\{)",
    re.IGNORECASE,
)
"""What the policy blocks: inline scripts and styles, event attributes, data URLs, other servers."""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/profile", 200),
        ("/no/such/page", 404),
        ("/?status=nonsense", 400),
        ("/logout", 405),
        ("/setup/dead/", 404),
        ("/admin/", 200),
        ("/admin/tasks/task/", 200),
        ("/admin/no/such/page/", 404),
        ("/api/v1/docs", 200),
        ("/api/v1/openapi.json", 200),
        ("/api/v1/tasks", 401),
        ("/healthz", 200),
        ("/static/no-such-file.js", 404),
    ],
)
def test_every_answer_carries_the_policy(path: str, status: int) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    answer = client.get(path)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert set(STRICT) <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_refused_form_and_a_foreign_host_carry_it_too() -> None:
    client = Client(enforce_csrf_checks=True)
    for answer in (client.post("/login"), client.get("/login", headers={"host": "evil.example"})):
        assert answer.status_code in {400, 403}
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_what_the_policy_blocks(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert [found[0] for found in NOT_ALLOWED.finditer(text)] == []
