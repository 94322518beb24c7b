"""`python -m dashboard.cli` is `dailies`."""

from dashboard.cli.main import main

main()
