"""What the web server needs beside the database: static files, collected once for each state of their sources."""

import hashlib
from collections.abc import Iterator

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from tasks.startup import CannotStart, file_lock


def collect_static() -> None:
    """Fill STATIC_ROOT when it is missing or its sources changed. CannotStart when it cannot be written.

    In DEBUG the files are served from their sources, and only the folder is made.
    """
    try:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        if not settings.DEBUG:
            with file_lock(settings.DATA_DIR / "static.lock"):
                _collect_if_changed()
    except OSError as error:
        raise CannotStart(
            f"The static files cannot be collected: {error.strerror}: {error.filename}."
        ) from error


def _collect_if_changed() -> None:
    """The stamp is written last: a start that was cut off is done over."""
    stamp = settings.STATIC_ROOT / "collected.txt"
    present = _digest_of_sources()
    if stamp.exists() and stamp.read_text() == present:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(present)


def _digest_of_sources() -> str:
    digest = hashlib.sha256(f"{django.__version__} {settings.STATIC_BACKEND}".encode())
    for line in sorted(_sources()):
        digest.update(line.encode())
    return digest.hexdigest()


def _sources() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = storage.path(name), storage.size(name), storage.get_modified_time(name).timestamp()
            yield " ".join(map(str, facts))
