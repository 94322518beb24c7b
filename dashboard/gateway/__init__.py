"""Speaks the providers' own APIs to scripts that know no other: what they make is tracked, what is known costs nothing.

`app.py` takes the requests. A create call goes through `making.py`, a question about a tracked task through
`telling.py`, everything else through `passing.py`.
"""
