"""`serve --demo`: simulated providers and a team at work, apart from everything real."""
