"""The one way to open a transaction that writes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_turn = threading.RLock()


@contextmanager
def write_transaction() -> Iterator[None]:
    """`transaction.atomic()`, one thread of this process at a time on SQLite.

    SQLite lets one writer in and makes the others sleep and retry, which starves some of them; waiting
    for a lock of our own is fair and fast. Never held across an `await`, a request or a rendering.
    """
    if connection.vendor != "sqlite":
        with transaction.atomic():
            yield
        return
    with _turn, transaction.atomic():
        yield
