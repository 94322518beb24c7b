"""Which machine and process-id space this is: within one, a process id tells who is still alive."""

import os
import socket
from functools import cache
from pathlib import Path

HOST_MAX = 200


@cache
def host_identity() -> str:
    """Host name, boot and pid namespace: equal for two processes exactly when their ids can be compared."""
    return "/".join((socket.gethostname(), boot(), _pid_space()))[:HOST_MAX]


def boot() -> str:
    """Which start of the machine this is; "-" where nobody tells."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "-"


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "-"


def is_alive(pid: int) -> bool:
    """Whether a process of this pid space runs. Our own id on another's row means an earlier life of ours."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
