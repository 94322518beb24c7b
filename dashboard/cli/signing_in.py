"""`dailies login`: which server, and with which token."""

import sys

import click

from dashboard.cli.client import open_client
from dashboard.cli.config import Config, check_token, clean_url, write_config
from dashboard.cli.showing import note


@click.command()
@click.argument("url", required=False)
def login(url: str | None) -> None:
    """Keep a server's address and a token for later calls.

    Make the token on your profile page. It is asked for without being shown, or read from standard input.
    """
    server = clean_url(url or click.prompt("Address of the server", err=True))
    if sys.stdin.isatty():
        token = click.prompt(f"Token for {server}", hide_input=True, err=True)
    else:
        token = sys.stdin.readline()
    config = Config(server, check_token(token))
    open_client(config).get("accounts")
    note(f"Signed in at {server}. Kept in {write_config(config)}.")
