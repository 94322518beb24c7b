"""Where people of the team find a result's bytes."""

from django.urls import reverse

from tasks.models import Result


class OwnLinks:
    """The addresses of the team's own pages."""

    def file(self, result: Result, *, download: bool = False) -> str:
        return reverse("result", args=[result.pk]) + ("?download=1" if download else "")

    def poster(self, result: Result) -> str:
        """Named after the time it was made: a browser keeps it without asking again."""
        made_at = result.inspected_at or result.stored_at
        version = f"?v={made_at:%y%m%d%H%M%S}" if made_at else ""
        return reverse("result-poster", args=[result.pk]) + version

    def viewer(self, result: Result) -> str:
        return reverse("result-viewer", args=[result.pk])


OWN_LINKS = OwnLinks()
