"""An installation to look at: a `serve` process, people with a session each, and accounts at a told provider."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.browser.provider import RUNNING, Provider
from tests.processes import Served, ended
from tests.threads import PATIENCE_S

SESSION = "dailies_session"
CSRF = "dailies_csrf"
PROOF = "f" * 32
"""Cookie and header agree: that is all the proof of origin asks for."""
QUICK_S = 0.2
SELDOM_S = 600.0
"""An account that asks once and then not again within any test."""

GATHER = """
import json
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from dashboard.models import Profile
from dashboard.people import Role, set_role

def session(username, role, zone=""):
    user, _ = User.objects.get_or_create(username=username)
    set_role(user, role)
    Profile.objects.create(user=user, timezone=zone)
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value

(settings.DATA_DIR / "sessions.json").write_text(json.dumps({
    "boss": session("boss", Role.MANAGER),
    "mira": session("mira", Role.MEMBER),
    "jonas": session("jonas", Role.MEMBER, "Europe/Berlin"),
    "vera": session("vera", Role.VIEWER),
}))
"""
"""Run in a prepared data folder: a manager, two members, one of them with a zone of his own, and a viewer."""


@dataclass(frozen=True)
class Tracked:
    """A task as the tests point at it."""

    id: str
    remote_id: str
    created_at: str

    @property
    def row(self) -> str:
        """The selector of its row, card or page."""
        return f"#task-{self.id}"

    @property
    def path(self) -> str:
        return f"/tasks/{self.id}"


class Studio:
    """Prepared by its API and its pages alone, as the ORM refuses to work beside Playwright's loop."""

    def __init__(self, data_dir: Path, provider: Provider) -> None:
        self.data_dir = data_dir
        self.provider = provider
        self.sessions: dict[str, str] = json.loads((data_dir / "sessions.json").read_text())
        self.served = Served(data_dir)
        self.url = self.served.url

    def restart(self) -> None:
        """A new process at the same address, after the old one has ended."""
        self.served = Served(self.data_dir, "--port", self.url.rpartition(":")[2])

    def close(self) -> None:
        """End whichever process it is now."""
        with ended(self.served):
            self.served.signal()

    def api(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {(self.data_dir / 'token').read_text()}"}
        url = f"{self.url}/api/v1/{path}"
        answer = httpx.request(
            method, url, headers=headers, trust_env=False, timeout=PATIENCE_S, **options
        ).raise_for_status()
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def post(self, path: str, **form: str) -> None:
        """What a manager's form sends."""
        cookies = {SESSION: self.sessions["boss"], CSRF: PROOF}
        headers = {"X-CSRFToken": PROOF}
        answer = httpx.post(
            self.url + path, data=form, cookies=cookies, headers=headers, trust_env=False, timeout=PATIENCE_S
        )
        assert answer.status_code == 302, answer.text

    def account(self, interval_s: float = QUICK_S) -> "OwnAccount":
        slug = f"lot-{uuid4().hex[:8]}"
        self.post(
            "/accounts/add",
            provider="lemondata",
            slug=slug,
            base_url=self.provider.url,
            api_key="sk-test-0123456789abcdef",
            concurrency="20",
            poll_interval_s=str(interval_s),
            enabled="on",
        )
        return OwnAccount(self, slug)


@dataclass
class OwnAccount:
    """An account that one test alone uses, so that its list, counters and title show nothing else."""

    studio: Studio
    slug: str
    tracked: list[Tracked] = field(default_factory=list)

    def list(self, **query: str) -> str:
        return "/?" + "&".join(f"{name}={value}" for name, value in ({"account": self.slug} | query).items())

    def track(self, title: str = "", answer: dict[str, object] = RUNNING, **wanted: object) -> Tracked:
        """Track a task that stands like `answer` at its provider."""
        remote_id = f"ldtask_{uuid4().hex}"
        self.studio.provider.say(remote_id, answer)
        wanted |= {"account": self.slug, "remote_id": remote_id, "title": title}
        task = self.studio.api("POST", "tasks", json=wanted)
        self.tracked.append(Tracked(task["id"], remote_id, task["created_at"]))
        return self.tracked[-1]

    def say(self, task: Tracked, answer: dict[str, object]) -> None:
        self.studio.provider.say(task.remote_id, answer)

    def pause(self) -> None:
        """Nobody asks any more: later tests have the machine for themselves."""
        self.studio.post(f"/accounts/{self.slug}/pause")
