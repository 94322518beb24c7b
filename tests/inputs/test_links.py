"""Links for providers: what they open, how long, and what they tell."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.masked_lines import masked
from tasks.inputs.links import links_work, read, token_for, url_of
from tasks.models import Account, Input, Task
from tasks.providers.references import Reference, Source
from tests.archive.stored import PNG, keep
from tests.inputs.given import picture, png

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("url", "works"),
    [
        ("https://dailies.example", True),
        ("https://dailies.example:8443", True),
        ("https://93.184.215.14", True),
        ("http://dailies.example", False),
        ("", False),
        ("https://localhost", False),
        ("https://127.0.0.1", False),
        ("https://10.0.0.7:8000", False),
        ("https://192.168.1.2", False),
        ("https://[::1]", False),
        ("https://[fd00::7]", False),
        ("https://studio", False),
        ("https://dailies.local", False),
        ("https://dailies.studio.internal", False),
    ],
)
def test_only_a_public_address_is_handed_out(settings: Any, url: str, works: bool) -> None:
    settings.PUBLIC_URL = url
    assert links_work() is works


def address(reference: Reference, lasts: timedelta = timedelta(hours=1)) -> str:
    return f"/given/{token_for(reference, timezone.now() + lasts)}/file.png"


def of_input(row: Input) -> Reference:
    return Reference(Source.INPUT, row.pk)


def body(response: Any) -> bytes:
    async def gather() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    return asyncio.run(gather()) if response.is_async else b"".join(response.streaming_content)


def test_a_link_gives_the_file_without_a_login_and_ranges_of_it() -> None:
    path = address(of_input(picture(name="secret plan.png")))
    whole = Client().get(path)
    assert whole.status_code == 200
    assert whole["Content-Type"] == "image/png"
    assert "secret" not in str(whole.headers)
    assert whole["Cache-Control"] == "private, no-store"
    assert whole["Referrer-Policy"] == "no-referrer"
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert not whole.cookies
    assert body(whole) == png()
    part = Client().get(path, headers={"range": "bytes=1-3"})
    assert (part.status_code, body(part)) == (206, png()[1:4])
    head = Client().head(path)
    assert head["Content-Length"] == str(len(png()))


def test_a_result_is_handed_over_the_same_way() -> None:
    account = Account.objects.create(slug="lemon", provider="lemondata", base_url="https://api.example")
    result = keep(Task.objects.create(account=account, remote_id="a", deadline_at=timezone.now()))
    answer = Client().get(address(Reference(Source.RESULT, result.pk)))
    assert body(answer) == PNG
    Task.objects.update(deleted_at=timezone.now())
    assert Client().get(address(Reference(Source.RESULT, result.pk))).status_code == 404


def test_late_forged_and_gone_look_alike() -> None:
    row = picture()
    good = token_for(of_input(row), timezone.now() + timedelta(hours=1))
    late = address(of_input(row), -timedelta(seconds=1))
    unknown = address(Reference(Source.INPUT, uuid4()))
    other = token_for(of_input(row), timezone.now() + timedelta(days=1)).partition(":")[0]
    swapped = f"/given/{other}:{good.partition(':')[2]}/file.png"
    forged = [f"/given/{good[:-1]}{'A' if good[-1] != 'A' else 'B'}/file.png", "/given/x/file.png", swapped]
    answers = [Client().get(path) for path in (late, unknown, *forged)]
    Input.objects.update(gone_at=timezone.now())
    answers.append(Client().get(f"/given/{good}/file.png"))
    assert {(one.status_code, one.content) for one in answers} == {(404, b"There is nothing here.\n")}


def test_a_link_cannot_change_anything() -> None:
    assert Client().post(address(of_input(picture()))).status_code == 405


def test_a_token_ends_when_it_says_and_is_the_same_when_made_anew() -> None:
    one, now = Reference(Source.INPUT, uuid4()), timezone.now().replace(microsecond=0)
    token = token_for(one, now)
    assert token == token_for(one, now)
    assert read(token, now - timedelta(seconds=1)) == one
    assert read(token, now) is None


def test_links_are_cut_from_logs(settings: Any) -> None:
    settings.PUBLIC_URL = "https://dailies.example"
    url = url_of(token_for(Reference(Source.INPUT, uuid4()), timezone.now()), "png")
    assert masked(f"GET {url} 200") == "GET https://dailies.example/given/…/file.png 200"
