"""`dailies`: tasks of any Dailies server, from a terminal and from scripts."""

import os
import sys
from typing import Any, NoReturn

import click

from dashboard.cli.creating import create
from dashboard.cli.failures import Exit, Failure, ReaderGone
from dashboard.cli.reading_tasks import get, list_tasks
from dashboard.cli.signing_in import login
from dashboard.cli.taking import download, share
from dashboard.cli.tracking import track
from dashboard.cli.waiting import wait, watch

EPILOG = "Ends with 0 done, 1 failed, 2 wrong usage, 3 no access, 4 timed out, 5 unconfirmed."


class _Commands(click.Group):
    """Ends with a code of ours when the reader of the output goes away: click's own would say that it failed."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except (BrokenPipeError, ReaderGone):
            # What is still buffered goes nowhere, instead of failing once more at the very end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return Exit.READER_GONE
        return code


def _tell_version(context: click.Context, parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # slow to import, and rarely wanted

        click.echo(f"dailies {version('dailies')}")
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Tell the version.",
)
def dailies() -> None:
    """Tasks of a Dailies server: make, track, watch, share and download them.

    The server and its token are what `dailies login` keeps, or DAILIES_URL and DAILIES_TOKEN.
    """


for command in (login, track, create, list_tasks, watch, wait, get, share, download):
    dailies.add_command(command)


def main() -> NoReturn:
    """Run the command line and leave with its code."""
    try:
        code = dailies.main(prog_name="dailies", standalone_mode=False) or Exit.DONE
    except Failure as failure:
        click.echo(f"dailies: {failure.message}", err=True)
        code = failure.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = Exit.INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"dailies: {where}{error.strerror or 'it cannot be used'}.", err=True)
        code = Exit.FAILED
    sys.exit(int(code))
