"""What a command line owes everybody before it does anything."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Terminal
from tests.processes import ROOT

HEAVY = ("django", "dashboard.settings", "httpx", "aiohttp", "rich", "asyncio")


def test_it_imports_neither_django_nor_what_is_not_needed_yet() -> None:
    asked = f"import sys, dashboard.cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_no_module_of_it_imports_django() -> None:
    modules = [path.stem for path in (ROOT / "dashboard" / "cli").glob("*.py") if path.stem != "__main__"]
    imports = "".join(f"import dashboard.cli.{name}\n" for name in sorted(modules))
    asked = f"import sys, httpx, aiohttp, rich\n{imports}print('django' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize(
    "command", ["login", "track", "create", "list", "watch", "wait", "get", "share", "download"]
)
def test_every_command_has_help(terminal: Terminal, command: str) -> None:
    ran = terminal.run(command, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"Usage: dailies {command}")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_completes_in_every_shell(terminal: Terminal, shell: str) -> None:
    terminal.settings["_DAILIES_COMPLETE"] = f"{shell}_source"
    ran = terminal.run()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"_DAILIES_COMPLETE={shell}_complete" in ran.stdout


def test_words_after_a_comma_are_completed_too(terminal: Terminal) -> None:
    terminal.settings |= {
        "_DAILIES_COMPLETE": "bash_complete",
        "COMP_WORDS": "dailies list --status running,su",
        "COMP_CWORD": "3",
    }
    ran = terminal.run()
    assert ran.stdout.splitlines() == ["plain,running,submitting", "plain,running,succeeded"]


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["list", "--limit", "0"],
        ["get", "not-an-id"],
        ["wait"],
        ["share", "0190f3a2-7c1e-7b7e-9a51-3d1c0c0e5a11", "--expires", "soon"],
        ["create", "lemon", "video", "-p", "prompt"],
        ["create", "lemon", "film"],
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(terminal: Terminal, args: list[str]) -> None:
    terminal.settings |= {"DAILIES_URL": "http://127.0.0.1:9", "DAILIES_TOKEN": "dly_test"}
    ran = terminal.run(*args)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "Error: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_a_server_it_says_what_to_do(terminal: Terminal) -> None:
    ran = terminal.run("list")
    assert ran.returncode == 2
    assert ran.stderr == (
        "dailies: No server is named. Run `dailies login`, or set DAILIES_URL and DAILIES_TOKEN.\n"
    )


def test_a_server_that_is_not_there_is_one_sentence_without_the_token(terminal: Terminal) -> None:
    terminal.settings |= {"DAILIES_URL": "http://127.0.0.1:9", "DAILIES_TOKEN": "dly_secret_0123456789"}
    ran = terminal.run("list")
    assert ran.returncode == 3
    assert ran.stderr == "dailies: http://127.0.0.1:9 cannot be reached (ConnectError).\n"
