"""Which page of a provider's list is worth asking for. Pure but for what earlier pages have shown."""

from collections.abc import Collection, Iterable, Set

from tasks.providers.contract import Listed, Page

WORTHWHILE = 3
"""A page is asked for when it is likely to hold so many of the tasks that are due."""
FIRST_SIZE = 100
MOST = 500
PAGE_BYTES = 256 * 1024
"""What is read and parsed without holding up others."""
WIDTHS = (1.0, 0.75, 0.5)
"""Shares of the largest page: pages begin only at multiples of their size, so not every stretch is one."""
SLACK = 10
"""So many records may have come or gone since we looked, and twice as many as have lately."""


class Catalogue:
    """Remembers how long a list is, where in it our tasks stood, and how large its records are."""

    def __init__(self) -> None:
        self._total: int | None = None
        self._places: dict[str, int] = {}
        self._guesses: dict[str, int] = {}
        """Places where tasks may stand that were looked for at the end and are not there."""
        self._record_bytes = 1000.0
        self._drift = 0.0
        """How far our tasks moved lately from one look to the next."""

    def page_for(self, wanted: Collection[str]) -> Page | None:
        """The page that holds most of the wanted tasks; None when it would not be worthwhile."""
        if len(wanted) < WORTHWHILE:
            return None
        if self._total is None:
            return Page(1, FIRST_SIZE)
        most = int(min(max(PAGE_BYTES / self._record_bytes, FIRST_SIZE), MOST))
        end = self._total + SLACK
        return Page(1, end) if end <= most else self._cut(sorted(map(self._place, wanted)), end, most)

    def _cut(self, places: list[int], end: int, most: int) -> Page | None:
        """The page with most of these places, out of a list too long to be read whole."""
        margin = SLACK + int(2 * self._drift)
        for share in WIDTHS:
            begin, stop = _fullest(places, max(1, int(share * most) - 2 * margin))
            if sum(begin <= place < stop for place in places) < WORTHWHILE:
                return None
            if stop == end:
                return _last_page(end, most)
            if page := _page_around(max(0, begin - margin), stop + margin, most):
                return page
        return None

    def _place(self, one: str) -> int:
        """Where it stood, or may stand. Nobody knows of a new one: these come at the end."""
        return self._places.get(one, self._guesses.get(one, (self._total or 0) + SLACK - 1))

    def learn(self, listed: Listed, body_bytes: int, ours: Set[str]) -> None:
        """Of a page: the list's length, and the places of our tasks, those it shows anew and no others' any more."""
        count = len(listed.tasks)
        if count:
            self._record_bytes = body_bytes / count
        self._total = max(listed.total or 0, listed.first + count)
        self._places = {one: place for one, place in self._places.items() if one in ours}
        found = {task.remote_id: place for place, task in enumerate(listed.tasks, listed.first) if task}
        found = {one: place for one, place in found.items() if one in ours}
        moved = max((abs(place - self._places.get(one, place)) for one, place in found.items()), default=0)
        self._drift = max(moved, self._drift / 2)
        self._places |= found
        self._guesses = {one: place for one, place in self._guesses.items() if one in ours - found.keys()}

    def expected(self, page: Page, wanted: Iterable[str]) -> list[str]:
        """Those of the wanted that the page should show; all of them while nobody knows how long the list is."""
        if self._total is None:
            return list(wanted)
        begin, stop = (page.number - 1) * page.size, page.number * page.size
        return [one for one in wanted if begin <= self._place(one) < stop]

    @property
    def is_blank(self) -> bool:
        """No page was seen yet: the first one tells how long the list is, and perhaps no more."""
        return self._total is None

    def missed(self, page: Page, ours: Iterable[str]) -> list[str]:
        """A page did not show these, though it should. Returned are those that there is no other place for.

        Those that no page has shown yet may stand just before this one, where the next look is for them.
        """
        gone, first = [], (page.number - 1) * page.size
        place = first - 1
        for one in ours:
            had_place = [self._places.pop(one, None), self._guesses.pop(one, None)] != [None, None]
            if had_place or place < 0:
                gone.append(one)
            else:
                self._guesses[one] = place
                place -= 1
        return gone


def _fullest(places: list[int], width: int) -> tuple[int, int]:
    """The stretch, at most so wide, that holds most of the sorted places: its first one, and the one after its last."""
    best, first = (0, 0, 0), 0
    for last, place in enumerate(places):
        while place - places[first] >= width:
            first += 1
        best = max(best, (last - first + 1, places[first], place + 1))
    return best[1], best[2]


def _last_page(end: int, most: int) -> Page:
    """The last page of a list, as full as a size up to `most` makes it."""
    sizes = range(max(1, most // 2), most + 1)
    size = max(sizes, key=lambda size: (end - 1) % size)
    return Page((end - 1) // size + 1, size)


def _page_around(begin: int, stop: int, most: int) -> Page | None:
    """The smallest page with all from `begin` to before `stop`: pages begin only at multiples of their size."""
    sizes = range(stop - begin, most + 1)
    size = next((size for size in sizes if begin // size == (stop - 1) // size), None)
    return None if size is None else Page(begin // size + 1, size)
