"""Every address of a share, in every state in which nothing is to be had."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.models import Share, ShareItem, Task
from tasks.sharing import Piece, change, renew, replace, revoke
from tasks.tracking import restore, stop_tracking
from tests.share.conftest import GLB, MP4, ROUTES, SECRETS, Link, MakeLink, body_of, stranger

pytestmark = pytest.mark.django_db

METHODS = ("get", "head")


def expire(link: Link) -> int:
    return Share.objects.filter(pk=link.share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def empty(link: Link) -> None:
    ShareItem.objects.filter(share=link.share).delete()


def trash(link: Link) -> None:
    stop_tracking(list(Task.objects.values_list("pk", flat=True)), None)


DEAD: dict[str, Callable[[Link], object]] = {
    "revoked": lambda link: revoke([link.share.pk], None),
    "revoked after its end": lambda link: (expire(link), revoke([link.share.pk], None)),
    "replaced": lambda link: renew(link.share.pk, None),
    "in the trash": trash,
    "empty": empty,
}


def told(response: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything that an answer tells."""
    return response.status_code, body_of(response), sorted(response.items())


def unknown() -> tuple[int, bytes, list[tuple[str, str]]]:
    return told(stranger().get(f"/s/{secrets.token_urlsafe(24)}/"))


@pytest.mark.parametrize("password", ["", "under the bridge"])
@pytest.mark.parametrize("state", sorted(DEAD))
def test_a_dead_link_looks_like_one_that_never_was(make_link: MakeLink, state: str, password: str) -> None:
    link = make_link(password=password)
    DEAD[state](link)
    expected = unknown()
    assert expected[0] == 404
    for name, path in link.routes().items():
        assert told(stranger().get(path)) == expected, name
    for name, path in link.routes().items():
        head = stranger().head(path)
        assert (head.status_code, sorted(head.items())) == (404, expected[2]), name
    posted = stranger().post(link.path(), {"password": "under the bridge"})
    assert told(posted) == expected


@pytest.mark.parametrize("password", ["", "under the bridge"])
@pytest.mark.parametrize("name", ROUTES)
def test_one_that_expired_says_so_and_whom_to_ask(make_link: MakeLink, name: str, password: str) -> None:
    link = make_link(password=password)
    expire(link)
    answer = stranger().get(link.routes()[name])
    assert answer.status_code == 410
    page = answer.content.decode()
    assert "Ask Mira Okafor" in page
    assert not [word for word in SECRETS if word in page]
    assert stranger().post(link.path(), {"password": password}).status_code == 410


def test_the_routes_of_these_tests_are_all_there_are(link: Link) -> None:
    from dashboard.shares.urls import of_one_share

    assert link.routes().keys() == set(ROUTES)
    heads = {name.partition("/")[0].partition("?")[0] for name in ROUTES}
    assert {str(one.pattern).partition("/")[0] for one in of_one_share} == heads


@pytest.mark.parametrize("name", ROUTES)
def test_a_working_link_opens_everywhere(link: Link, name: str) -> None:
    answer = stranger().get(link.routes()[name])
    assert answer.status_code == 200
    assert body_of(answer)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"].startswith("private")
    assert not answer.cookies


@pytest.mark.only_on("sqlite")
def test_ten_thousand_guesses_find_nothing_and_learn_nothing(make_link: MakeLink) -> None:
    links = [make_link(), make_link(password="under the bridge")]
    revoke([make_link().share.pk], None)
    client, expected = stranger(), unknown()
    rests = ["", "status", "og.jpg", "oembed", "embed", f"media/{links[0].results[0].pk}"]
    seen = set()
    for number in range(10_000):
        answer = client.get(f"/s/{secrets.token_urlsafe(24)}/{rests[number % len(rests)]}")
        seen.add((answer.status_code, answer.content, tuple(sorted(answer.items())), tuple(answer.cookies)))
    assert seen == {(*expected[:2], tuple(expected[2]), ())}


def test_an_unknown_token_costs_as_many_questions_as_a_dead_one(
    link: Link, django_assert_num_queries: Any
) -> None:
    revoke([link.share.pk], None)
    for path in (link.path(), f"/s/{secrets.token_urlsafe(24)}/", "/s/short/", link.path("og.jpg")):
        with django_assert_num_queries(1):
            stranger().get(path)


@pytest.mark.parametrize(
    "path",
    [
        "/s/", "/s/x/", "/s/x/y/z", "/s/%00/", "/s/%ff/", "/s/../admin/", "/s/x/media/1", "/s//", "/s/…/status",
        f"/s/{'x' * 5000}/", "/s/x/viewer/", "/s/x/media/00000000-0000-0000-0000-000000000000/",
    ],
)  # fmt: skip
def test_whatever_leads_nowhere_below_it_looks_the_same(path: str) -> None:
    assert told(stranger().get(path)) == unknown()


def test_a_mistyped_token_is_unknown(link: Link) -> None:
    for token in (
        link.token[:-1],
        link.token + "A",
        link.token.swapcase(),
        f" {link.token}",
        link.token[::-1],
    ):
        assert told(stranger().get(f"/s/{token}/")) == unknown()


def test_a_link_without_its_slash_still_opens(link: Link) -> None:
    answer = stranger().get(f"/s/{link.token}")
    assert (answer.status_code, answer.headers["Location"]) == (302, link.path())
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert stranger().get("/s/unknown").status_code == 302


def test_other_methods_are_refused_whatever_the_token(link: Link) -> None:
    for method in ("put", "delete", "patch"):
        answers = [getattr(stranger(), method)(path) for path in (link.path(), "/s/unknown/")]
        assert [told(one) for one in answers] == [told(answers[0])] * 2
        assert answers[0].status_code == 405


def test_it_opens_only_its_own_results(
    link: Link, make_link: MakeLink, make_task: Callable[..., Task]
) -> None:
    other = make_link()
    film, model = other.results
    for rest in (f"media/{film.pk}", f"poster/{film.pk}", f"viewer/{model.pk}"):
        assert told(stranger().get(link.path(rest))) == unknown()


def test_a_task_taken_out_of_the_trash_is_shown_again(link: Link) -> None:
    trash(link)
    restore(list(Task.objects.values_list("pk", flat=True)), None)
    assert stranger().get(link.path()).status_code == 200


def test_extended_it_works_again_under_the_same_address(link: Link, mira: User) -> None:
    expire(link)
    change(link.share.pk, mira, {"expires_at": None})
    assert stranger().get(link.path()).status_code == 200


def test_a_new_take_is_behind_the_same_address_and_the_old_one_is_not(
    link: Link, mira: User, make_task: Callable[..., Task]
) -> None:
    take = make_task(title="Fjord, take 2", status="running", progress=10)
    replace(link.share.pk, [Piece(take.pk)], mira)
    page = stranger().get(link.path()).content.decode()
    assert "Fjord, take 2" in page
    assert told(stranger().get(link.path(f"media/{link.results[0].pk}"))) == unknown()


def test_downloads_are_given_only_where_allowed(make_link: MakeLink) -> None:
    link = make_link(allow_download=False)
    film = link.results[0]
    assert body_of(stranger().get(link.path(f"media/{film.pk}"))) == MP4
    refused = stranger().get(link.path(f"media/{film.pk}?download=1"))
    assert refused.status_code == 403
    assert stranger().get(link.path("zip")).status_code == 403
    assert "download" not in stranger().get(link.path()).content.decode().lower()


def test_a_saved_file_is_named_after_what_strangers_may_know(
    make_link: MakeLink, make_task: Callable[..., Task]
) -> None:
    link = make_link(title="For the jury")
    answer = stranger().get(link.path(f"media/{link.results[0].pk}?download=1"))
    assert "for-the-jury" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert body_of(answer) == MP4


def test_ranges_as_safari_asks(link: Link) -> None:
    path = link.path(f"media/{link.results[0].pk}")
    size = len(MP4)
    first = stranger(range="bytes=0-1").get(path)
    assert (first.status_code, first.headers["Content-Range"]) == (206, f"bytes 0-1/{size}")
    assert len(body_of(first)) == 2
    rest = stranger(range=f"bytes=2-{size - 1}").get(path)
    assert len(body_of(rest)) == size - 2
    assert stranger(range=f"bytes={size}-").get(path).status_code == 416
    etag = first.headers["ETag"]
    assert stranger(if_none_match=etag).get(path).status_code == 304


def test_all_files_come_in_one_zip(make_link: MakeLink) -> None:
    link = make_link(title="For the jury")
    answer = stranger().get(link.path("zip"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="For the jury.zip"'
    with ZipFile(BytesIO(body_of(answer))) as bundle:
        assert [bundle.read(name) for name in bundle.namelist()] == [MP4, GLB]
        assert all("for-the-jury" in name for name in bundle.namelist())
