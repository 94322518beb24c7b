"""Keeps a library of a hundred services to what it is there for: reaching a public server.

Python tells its audit hooks of every connection with its final address, of every file opened and of every program
started, whichever library does it. Inside `fenced` they are judged, so names that resolve to something else, redirects
and options that read files or run programs lead nowhere. The hook is set at the first use, and cannot be taken away.
"""

import os
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from tasks.archive.guard import NotPublic, is_public

_READABLE = (
    "/etc/ssl",
    "/etc/pki",
    "/etc/mime.types",
    "/usr/share",
    "/usr/lib",
    "/usr/local/lib",
    "/dev/null",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PROGRAMS = frozenset(
    {
        *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
        *("os.startfile", "pty.spawn", "ctypes.dlopen", "webbrowser.open"),
        "_thread.start_new_thread",  # what runs in another thread would run outside; Python tells since 3.12
    }
)


class Fenced(PermissionError):
    """It wanted a file or a program of this machine."""


@dataclass(slots=True)
class Fence:
    """What happens inside. `refused_private`: it wanted to connect into a private network."""

    allowed: frozenset[str]
    refused_private: bool = False


_inside = threading.local()


@contextmanager
def fenced(own_hosts: Iterable[str] = ()) -> Iterator[Fence]:
    """In this thread, until the block ends: public servers only, and whatever `own_hosts` resolve to."""
    _set_hook()
    allowed = frozenset(address for host in own_hosts for address in _addresses_of(host))
    _inside.fence = fence = Fence(allowed)
    try:
        yield fence
    finally:
        _inside.fence = None


def _addresses_of(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return set()


@cache
def _set_hook() -> None:
    sys.addaudithook(_hear)


def _hear(event: str, args: tuple[Any, ...]) -> None:
    fence: Fence | None = getattr(_inside, "fence", None)
    if fence is None:
        return
    if event in {"socket.connect", "socket.sendto"}:
        _judge_address(fence, args[1])
    elif event == "open":
        _judge_file(args[0], args[2])
    elif event in _PROGRAMS:
        raise Fenced(f"{event} is not for services")


def _judge_address(fence: Fence, address: object) -> None:
    host = str(address[0]) if isinstance(address, tuple) and address else ""
    if host not in fence.allowed and not is_public(host):
        fence.refused_private = True
        raise NotPublic


def _judge_file(path: object, flags: object) -> None:
    """The library's own files, certificates and the like, and only to read them."""
    if isinstance(path, int):
        return
    writes = isinstance(flags, int) and flags & _WRITING
    found = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""
    if writes or not found.startswith(_readable()):
        raise Fenced("files are not for services")


@cache
def _readable() -> tuple[str, ...]:
    """Where Python and what is installed for it live."""
    places = {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), *_READABLE}  # noqa: PTH120
    return tuple(f"{os.path.realpath(place).rstrip('/')}" for place in places if len(place) > 1)
