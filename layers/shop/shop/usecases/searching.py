"""Around a search: the shopper's own history, and what many search for.

Neither decides anything, so neither may fail a search.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.calendar import business_day
from shop.domain.search import Asked, Page
from shop.errors import UnavailableError
from shop.recent import Recent
from shop.store import hot_words, searches
from shop.store.searches import Searched, SearchesRow
from shop.usecases.ports import SearchEngine

PURPOSE, MARK = "searches", "searches-mark"
BUNCH = 20
"""Searches that an instance counts before it writes once..."""
BUNCH_SECONDS = 60
"""...or so long, where few search."""
HOT_DAYS = 3
HOT_SECONDS = 60
MOST_HOT = 10
NOTED_SECONDS = 60
"""The same words of the same customer are not written again so soon."""
_DAY_SECONDS = 86_400
_MARK_BYTES = 6

_hot: Recent[str, tuple[str, ...]] = Recent(HOT_SECONDS, most=1)
_noted: Recent[tuple[str, str], bool] = Recent(NOTED_SECONDS)


class HotTally:
    """Searches counted in this process, written in bunches.

    Only words that the catalogue itself says are counted, each once a bunch and source: what one
    person types, or types often, never comes to stand in anybody else's page.
    """

    def __init__(self) -> None:
        self._counted: set[tuple[str, str]] = set()
        self._searches = 0
        self._since = 0

    def note(self, word: str, source: str, says: Callable[[str], bool], now: int) -> None:
        """Count one search.

        Args:
            word: What was searched for.
            source: Who asked; only compared, and forgotten with the bunch.
            says: Whether the catalogue says a word.
            now: UTC seconds.
        """
        if not self._searches:
            self._since = now
        self._searches += 1
        tidy = _tidy(word)
        if says(tidy):
            self._counted.add((tidy, source))
        if self._searches >= BUNCH or now - self._since >= BUNCH_SECONDS:
            self._write(now)

    def _write(self, now: int) -> None:
        counts = Counter(word for word, _ in self._counted)
        self._counted.clear()
        self._searches = 0
        if counts:
            with suppress(UnavailableError):
                hot_words.add(business_day(now), counts, now)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Who searches, with what.

    Attributes:
        engine: Finds products; made when first needed.
        tally: Counts what is searched for.
        ring: Seals the history.
        customer_id: Whose history it joins; None without sign-in.
        source: Where the request came from.
    """

    engine: Callable[[], SearchEngine]
    tally: HotTally
    ring: KeyRing
    customer_id: str | None
    source: str


def search(asked: Asked, who: Searcher, now: int) -> Page:
    """One page of what a search finds; the first page of one that finds something is noted.

    Raises:
        InvalidError: `invalid_cursor`.
        UnavailableError: No engine answered.
    """
    engine = who.engine()
    page = engine.find(asked)
    if page.items and not asked.after:
        who.tally.note(asked.text, who.source, engine.has_word, now)
        if who.customer_id is not None:
            remember(who.ring, who.customer_id, asked.text, now)
    return page


def hot(engine: SearchEngine, now: int) -> Sequence[str]:
    """What was searched for most in the last days; what sells best fills the rest."""
    return _hot.get_or_load("", now, lambda: _read_hot(engine, now))


def _read_hot(engine: SearchEngine, now: int) -> tuple[str, ...]:
    counts = hot_words.since(business_day(now - (HOT_DAYS - 1) * _DAY_SECONDS))
    wanted = sorted(counts, key=lambda word: (-counts[word], word))
    # A word may have left the catalogue since.
    searched = [word for word in wanted[: 2 * MOST_HOT] if engine.has_word(word)]
    return tuple(dict.fromkeys([*searched, *engine.best_selling(MOST_HOT)]))[:MOST_HOT]


def remember(ring: KeyRing, customer_id: str, text: str, now: int) -> None:
    """Note a customer's search in their history, sealed."""
    tidy = _tidy(text)
    entry = Searched(
        mark=ring.mac(MARK, f"{customer_id}\x00{tidy}".encode())[:_MARK_BYTES].hex(),
        sealed=seal_text(ring, PURPOSE, tidy.encode(), customer_id.encode()),
        at=now,
    )
    if _noted.get((customer_id, entry.mark), now):
        return
    with suppress(UnavailableError):
        searches.keep(customer_id, entry)
        _noted.keep((customer_id, entry.mark), value=True, now=now)


def history(ring: KeyRing, customer_id: str, now: int) -> list[str]:
    """What a customer searched for lately, latest first."""
    return [text for text, _ in _opened(ring, customer_id, searches.latest(customer_id, now))]


def history_of_row(
    ring: KeyRing, customer_id: str, row: SearchesRow, now: int
) -> list[tuple[str, int]]:
    """The same with its times, from the row."""
    return _opened(ring, customer_id, searches.of_row(row, now))


def forget(customer_id: str) -> None:
    """Remove a customer's history; none is fine.

    Raises:
        UnavailableError: It may be there still.
    """
    searches.forget(customer_id)
    _noted.clear()


def _opened(ring: KeyRing, customer_id: str, entries: Sequence[Searched]) -> list[tuple[str, int]]:
    made: dict[str, int] = {}
    for one in entries:
        # Sealed under a key that is retired by now: nobody can read it, nor does anybody miss it.
        with suppress(UnsealError):
            box = unseal_text(ring, PURPOSE, one.sealed, customer_id.encode())
            made.setdefault(box.decode(), one.at)
    return list(made.items())


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
