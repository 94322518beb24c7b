"""A link's end, as the link tells it or the provider's rule has it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.archive.expiry import expires_at
from tasks.providers import PROVIDERS
from tests.providers.fuzz import modest

MADE_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = int((MADE_AT + timedelta(hours=5)).timestamp())
IN_FIVE_HOURS = MADE_AT + timedelta(hours=5)


@pytest.mark.parametrize(
    "query",
    [
        f"Expires={EPOCH}&OSSAccessKeyId=a&Signature=b%2Fc%3D",
        f"expires={EPOCH}&Policy=x&Key-Pair-Id=K",
        f"GoogleAccessId=a&EXPIRES={EPOCH}&Signature=b",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260301T110000Z&X-Amz-Expires=21600&X-Amz-Signature=a",
        "x-amz-date=20260301T110000Z&x-amz-expires=21600",
        "X-Goog-Date=20260301T120000Z&X-Goog-Expires=18000&X-Goog-Signature=a",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20260301T120000Z&x-oss-expires=18000",
        "X-Tos-Date=20260301T120000Z&X-Tos-Expires=18000",
        f"q-sign-algorithm=sha1&q-sign-time={EPOCH - 100};{EPOCH}",
        "sv=2024-01-01&se=2026-03-01T17%3A00%3A00Z&sr=b&sp=r&sig=a%2Fb",
        "SE=2026-03-01T18:00:00%2B01:00&SIG=a",
        f"Expires={EPOCH}&Expires=1",
        f"Expires={EPOCH}&X-Amz-Date=20260301T120000Z&X-Amz-Expires=86400",
    ],
)
def test_a_signed_link_tells_its_end(query: str) -> None:
    assert expires_at(f"https://cdn.example/a.mp4?{query}", "lemondata", MADE_AT) == IN_FIVE_HOURS


@pytest.mark.parametrize(
    "query",
    [
        "",
        "Expires=3600",
        "Expires=0",
        f"Expires={EPOCH}000",
        "Expires=99999999999999999999",
        "Expires=-1",
        "Expires=tomorrow",
        "X-Amz-Date=20260301T120000Z",
        "X-Amz-Expires=3600",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=0",
        "X-Amz-Date=20261301T120000Z&X-Amz-Expires=60",
        "X-Amz-Date=99991231T235959Z&X-Amz-Expires=60",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=999999999999",
        "X-Goog-Date=20260301T120000Z&X-Amz-Expires=3600",
        "se=2026-03-01T17:00:00Z",
        "se=never&sig=a",
        "se=0001-01-01T00:00:00%2B23:59&sig=a",
        "q-sign-time=1",
        "&".join(f"a{number}=1" for number in range(500)) + f"&Expires={EPOCH}",
    ],
)
def test_what_makes_no_sense_is_no_end(query: str) -> None:
    assert expires_at(f"https://cdn.example/a.mp4?{query}", "lemondata", MADE_AT) is None


def test_a_link_that_is_over_says_so() -> None:
    over = int((MADE_AT - timedelta(days=2)).timestamp())
    assert expires_at(f"https://a.example/?Expires={over}", "nebula", MADE_AT) == MADE_AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("url", "provider", "hours"),
    [
        ("/v1/video/generations/download?id=video_1", "nebula", 24),
        ("", "nebula", 12),
        ("https://nebula-ads.example/a.mp4", "nebula", None),
        ("https://cdn.example/a.mp4", "lemondata", None),
        ("", "lemondata", None),
        ("/api/v1/download/a/final-1.mp4", "moneyprinter", None),
        ("https://cdn.example/a.mp4", "somebody", None),
    ],
)
def test_without_a_sign_the_providers_rule_counts(url: str, provider: str, hours: int | None) -> None:
    kept = timedelta(hours=hours) if hours else None
    assert expires_at(url, provider, MADE_AT) == (MADE_AT + kept if kept else None)


def test_the_link_counts_before_the_rule() -> None:
    url = f"/v1/video/generations/download?id=video_1&Expires={EPOCH}"
    assert expires_at(url, "nebula", MADE_AT) == IN_FIVE_HOURS


NAMES = ["Expires", "se", "sig", "q-sign-time", "X-Amz-Date", "X-Amz-Expires", "x-oss-date", "x-oss-expires"]
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.datetimes().map(lambda moment: f"{moment:%Y%m%dT%H%M%SZ}"),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
)
URLS = st.one_of(
    st.text(max_size=200),
    st.dictionaries(st.sampled_from(NAMES), VALUES).map(
        lambda query: f"https://a.example/x?{urlencode(query)}"
    ),
)


@modest
@given(
    URLS,
    st.sampled_from([*PROVIDERS, ""]),
    st.datetimes(timezones=st.timezones()),
)
def test_it_never_raises(url: str, provider: str, made_at: datetime) -> None:
    end = expires_at(url, provider, made_at)
    assert end is None or end.tzinfo is not None
