"""The examples by which receivers check our messages work as they are printed."""

import json
import re
import shutil
import subprocess
import time
from typing import Any

import pytest

from tasks.notifying.signing import new_secret, signed_headers
from tests.processes import ROOT

DOCS = (ROOT / "docs" / "notifications.md").read_text()
BODY = '{"id":"1","type":"test","title":"日报"}'.encode()
SECRET = new_secret()


def example(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCS, re.DOTALL)
    assert found
    return found[1]


def cases() -> dict[str, tuple[str, dict[str, str], bytes, bool]]:
    now = int(time.time())
    good = signed_headers([new_secret(), SECRET], "msg-1", now, BODY)
    old = signed_headers([SECRET], "msg-1", now - 3600, BODY)
    return {
        "good": (SECRET, good, BODY, True),
        "another secret": (new_secret(), good, BODY, False),
        "another body": (SECRET, good, BODY + b" ", False),
        "another id": (SECRET, good | {"webhook-id": "msg-2"}, BODY, False),
        "old": (SECRET, old, BODY, False),
        "garbage": (SECRET, good | {"webhook-signature": "v1,nonsense v1a,x"}, BODY, False),
    }


@pytest.mark.parametrize("name", cases())
def test_the_python_example(name: str) -> None:
    secret, headers, body, is_ours = cases()[name]
    space: dict[str, Any] = {}
    exec(example("verify-python"), space)
    assert space["is_from_dailies"](secret, headers, body) is is_ours


def test_the_javascript_example() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js is installed")
    given = [[secret, headers, body.decode(), is_ours] for secret, headers, body, is_ours in cases().values()]
    code = example("verify-javascript") + (
        f"for (const [secret, headers, body, ours] of {json.dumps(given)})"
        " if (isFromDailies(secret, headers, Buffer.from(body)) !== ours) process.exit(1);"
    )
    subprocess.run([node, "-e", code], check=True, timeout=60)
