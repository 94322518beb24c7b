"""Results whose copy is kept, as the archiver leaves them."""

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.utils import timezone

from tasks.archive.sniffing import sniff
from tasks.archive.storage import media_storage, poster_name, result_name
from tasks.models import Result, Task
from tasks.vocabulary import Archive

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6338"
    "1160f31f00058c025434409f410000000049454e44ae426082"
)
WEBP = bytes.fromhex(
    "524946463a00000057454250565038202e000000f001009d012a0200020001402625a00274ba01f800044c0000"
    "fee5fa3fedc9979c11ffd701f9c07e701fcac00000"
)


def keep(
    task: Task, data: bytes = PNG, *, position: int = 0, poster: bytes | None = WEBP, **columns: object
) -> Result:
    """A result of `task` with `data` in the media storage; `columns` as of the model."""
    sniffed = sniff(data)
    at: datetime = timezone.now()
    result = Result.objects.create(
        **{
            "task": task,
            "position": position,
            "kind": sniffed.kind,
            "archive": Archive.STORED,
            "stored_at": at,
            "inspected_at": at,
            "bytes": len(data),
            "content_type": sniffed.content_type,
            "sha256": hashlib.sha256(data).hexdigest(),
            "has_poster": poster is not None,
            **columns,
        }
    )
    media_storage().save(result_name(result.id), ContentFile(data))
    if poster is not None:
        media_storage().save(poster_name(result.id), ContentFile(poster))
    return result
