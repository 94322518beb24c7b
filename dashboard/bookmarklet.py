"""A link to keep among a browser's bookmarks: it opens "Track a task" with what is selected on the page one is at."""

import json
from urllib.parse import quote

from django.urls import reverse

QUERY_MAX = 6_000
"""Characters of the query it makes: signing in carries it along, encoded once more, and a request's line is bounded."""
_CODE = """(() => {
let text = String(getSelection()).trim() || location.href, query;
do { query = String(new URLSearchParams({ text })); text = text.slice(0, text.length * 0.8); }
while (query.length > QUERY_MAX);
open(TRACK + "?" + query, "_blank", "noopener");
})()"""


def bookmarklet(site: str) -> str:
    """A `javascript:` address; `site` is ours, without a slash at its end.

    A browser takes percent signs out before it runs such an address, so all of it is encoded once.
    """
    track = json.dumps(site + reverse("track"))
    code = _CODE.replace("QUERY_MAX", str(QUERY_MAX)).replace("TRACK", track)
    return "javascript:" + quote(code.replace("\n", " "), safe="")
