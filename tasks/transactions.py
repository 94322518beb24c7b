"""The one way to open a transaction that writes."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

_turn = threading.RLock()


def lock_in_order(rows: "models.QuerySet[Any]") -> None:
    """Lock these rows by their keys, upwards. In a transaction, before a statement that writes several of them.

    Statements lock in any order. Whoever writes rows that others may write too begins here, so that two never wait
    for each other. Batches come first, accounts before results and submissions, and these before tasks.
    """
    if connection.features.has_select_for_update:
        list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def lock_by_keys(model: type[models.Model], keys: Iterable[object]) -> None:
    """`lock_in_order` of the rows with these keys."""
    if connection.features.has_select_for_update:
        lock_in_order(model._default_manager.filter(pk__in=keys))


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
