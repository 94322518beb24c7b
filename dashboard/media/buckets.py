"""Copies in an S3-compatible bucket: read as they stream, or handed to the browser under a signed address.

The storage's own file object would fetch all of a file before its first byte.
"""

from io import BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from dashboard.media.ranges import Span
from dashboard.media.shown import Shown

if TYPE_CHECKING:
    from storages.backends.s3 import S3Storage

ATTEMPTS = 3
"""How often a part is asked for before the bucket counts as out of reach."""


def open_object(storage: "S3Storage", name: str, span: Span) -> BinaryIO:
    """The bytes of `span` of an object. OSError when it is not there, or the bucket does not answer."""
    if not span.length:
        return BytesIO()
    return cast("BinaryIO", _Object(_client(storage), _place(storage, name), span))


class _Object(RawIOBase):
    """A part of an object, as it streams. Where the connection breaks, the rest is asked for anew."""

    def __init__(self, client: Any, place: dict[str, str], span: Span) -> None:
        self._client = client
        self._place = place
        self._at, self._stop = span.start, span.stop
        self._body = self._begin()

    def _begin(self) -> Any:
        asked = Span(self._at, self._stop)
        try:
            answer = self._client.get_object(**self._place, Range=f"bytes={asked.start}-{asked.stop - 1}")
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"the bucket does not give the file: {error}") from error
        self._place = self._place | {"IfMatch": answer["ETag"]}
        return answer["Body"]

    def read(self, size: int = -1) -> bytes:
        for _ in range(ATTEMPTS):
            try:
                part: bytes = self._body.read(size if size >= 0 else None)
            except BotoCoreError:
                self._body.close()
                self._body = self._begin()
            else:
                self._at += len(part)
                return part
        raise OSError("the bucket breaks off again and again")

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def signed_url(storage: "S3Storage", name: str, shown: Shown, lasts_s: int) -> str:
    """An address that gives whoever has it the object for so long, with type and name as `shown` has them."""
    params = _place(storage, name) | {
        "ResponseContentType": shown.sent_type,
        "ResponseContentDisposition": shown.sent_disposition,
        "ResponseCacheControl": shown.cache_control,
    }
    client = _client(storage)
    url: str = client.generate_presigned_url("get_object", Params=params, ExpiresIn=lasts_s)
    return url


def origin_of_bucket(storage: "S3Storage") -> str:
    """Where signed addresses lead: `https://bucket.s3.eu-central-1.amazonaws.com`. Asks nobody, needs no key."""
    client = storage.unsigned_connection.meta.client
    parts = urlsplit(client.generate_presigned_url("get_object", Params=_place(storage, "a")))
    return f"{parts.scheme}://{parts.netloc}"


def _client(storage: "S3Storage") -> Any:
    """One for all threads: the storage would make each of them its own, at 10 MB."""
    return storage.bucket.meta.client


def _place(storage: "S3Storage", name: str) -> dict[str, str]:
    return {"Bucket": storage.bucket_name, "Key": f"{storage.location.strip('/')}/{name}".lstrip("/")}
