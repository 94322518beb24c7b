"""`dailies`, the command line for any server with a token. Neither Django nor settings are imported here."""
