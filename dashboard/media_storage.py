"""Where copies of results are kept, from one setting: a folder of this machine, or a bucket of an S3-like store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Bucket:
    """`endpoint` "" is Amazon's own; `prefix` "" puts the files at the bucket's root."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""


def bucket_of(value: str) -> Bucket:
    """Of `s3://bucket/prefix?endpoint=https://…&region=…`. ValueError, with a sentence, when it is none."""
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("it must be s3://bucket/prefix, or nothing for a folder in DATA_DIR")
    if "@" in parts.netloc or ":" in parts.netloc:
        raise ValueError(
            "it holds more than a bucket's name: keys belong into AWS_ACCESS_KEY_ID and its companion"
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {"endpoint", "region"}):
        raise ValueError(f"it knows endpoint and region, not “{unknown[0]}”")
    endpoint = urlsplit(options.get("endpoint", ""))
    if options.get("endpoint") and not (endpoint.scheme in {"http", "https"} and endpoint.hostname):
        raise ValueError("its endpoint must be a whole address, such as https://s3.example")
    prefix = unquote(parts.path).strip("/")
    if ".." in prefix.split("/"):
        raise ValueError("its prefix must not hold “..”")
    return Bucket(parts.netloc, prefix, options.get("endpoint", ""), options.get("region", ""))


def media_storage_setting(value: str, folder: Path) -> Mapping[str, Any]:
    """The entry of Django's STORAGES. A copy's name is its result's id, so writing it anew changes nothing."""
    if not value:
        backend = "django.core.files.storage.FileSystemStorage"
        return {"BACKEND": backend, "OPTIONS": {"location": folder, "allow_overwrite": True}}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _options(bucket_of(value))}


def _options(bucket: Bucket) -> dict[str, Any]:
    """Access is the bucket's own: no ACL is sent, and links are signed. Keys come from AWS's usual variables."""
    from boto3.s3.transfer import TransferConfig  # a folder does without boto: it takes half a second
    from botocore.config import Config

    elsewhere = bool(bucket.endpoint)
    return {
        "bucket_name": bucket.name,
        "location": bucket.prefix,
        "endpoint_url": bucket.endpoint or None,
        "region_name": bucket.region or None,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        "gzip": False,
        "transfer_config": TransferConfig(
            multipart_chunksize=PART_BYTES, multipart_threshold=PART_BYTES, max_concurrency=PARTS_AT_ONCE
        ),
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if elsewhere or "." in bucket.name else "virtual"},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": 3},
            # Stores other than Amazon's do not all know its newer checksums.
            request_checksum_calculation="when_required" if elsewhere else "when_supported",
            response_checksum_validation="when_required" if elsewhere else "when_supported",
        ),
    }
