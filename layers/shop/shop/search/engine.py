"""Search in an index file. One reader, one thread, as a function serves one request at a time."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shop.domain.listing import Sort, Summary
from shop.domain.search import EMPTY, Asked, Page
from shop.domain.search_text import (
    MOST_CHARACTERS,
    MOST_RUNS,
    candidates,
    is_han,
    plain,
    runs,
)
from shop.errors import InvalidError
from shop.search.query import Levels, scattered, strict

_COLUMNS = (
    "id, title, subtitle, image, min_price, max_price, list_price, sold, in_stock, tags,"
    " demerit, created"
)
_DEMERIT = 10
_ORDERS = {
    Sort.NEWEST: ("created", "<", "DESC"),
    Sort.PRICE_ASC: ("min_price", ">", "ASC"),
    Sort.PRICE_DESC: ("-min_price", ">", "ASC"),
    Sort.SALES: ("-sold", ">", "ASC"),
}
"""What each order goes by, how the next page compares with the last product, and which way."""
_EVERYWHERE = 2
"""A word in more than every so-manieth product says nothing about any."""
_STRICT, _SCATTERED = "0", "1"
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_LAST = "\U0010ffff"

Row = tuple[Any, ...]


class SqliteSearch:
    """The port `SearchEngine` on one index file.

    Args:
        path: The file; it is opened for reading and never changed.
    """

    def __init__(self, path: Path) -> None:
        self._index = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._index.execute("PRAGMA mmap_size=134217728")
        self._index.execute("PRAGMA query_only=1")

    def close(self) -> None:
        """Let go of the file."""
        self._index.close()

    def find(self, asked: Asked) -> Page:
        """One page of what fits, best first or in the order that is asked for.

        Raises:
            InvalidError: `invalid_cursor`: a place that no page of this search ended at.
        """
        said = runs(asked.text[:MOST_CHARACTERS])[:MOST_RUNS]
        if not said:
            return EMPTY
        way, _, after = asked.after.partition(":")
        if way != _SCATTERED:
            page = self._page(strict(said, self._known(said)), asked, after, _STRICT)
            if page.items or asked.after:
                return page
        return self._page(scattered(said), asked, after, _SCATTERED)

    def suggest(self, text: str, limit: int) -> Sequence[str]:
        """Words of the catalogue that begin so, or whose pinyin initials do; weightiest first."""
        start = plain(text).strip()
        if not start:
            return ()
        end = start + _LAST
        return self._column(
            "SELECT text FROM words WHERE text >= ? AND text < ? OR initials >= ? AND initials < ?"
            " ORDER BY weight DESC, text LIMIT ?",
            (start, end, start, end, limit),
        )

    def best_selling(self, limit: int) -> Sequence[str]:
        """Words that what sells is called by, leaving out those that nearly everything is."""
        return self._column(
            "SELECT text FROM words WHERE products * ? <= (SELECT count(*) FROM docs) + ?"
            " ORDER BY weight DESC, text LIMIT ?",
            (_EVERYWHERE, _EVERYWHERE, limit),
        )

    def has_word(self, text: str) -> bool:
        """Whether the catalogue itself says this, so that it may be shown to anybody."""
        return bool(self._column("SELECT text FROM words WHERE text = ?", (plain(text).strip(),)))

    # ------------------------------------------------------------------ pages

    def _page(self, levels: Levels, asked: Asked, after: str, way: str) -> Page:
        make = self._best_first if asked.sort is Sort.DEFAULT else self._in_order
        page = make(levels, asked, after)
        return (
            page
            if page.next_after is None
            else replace(page, next_after=f"{way}:{page.next_after}")
        )

    def _best_first(self, levels: Levels, asked: Asked, after: str) -> Page:
        at, number = self._place(after) if after else (0, 0)
        hits: list[tuple[int, int]] = []
        for tier, expression in enumerate(levels.tiers(asked.category_id)):
            left = asked.limit + 1 - len(hits)
            if tier < at or left <= 0:
                continue
            hits += [(tier, one) for one in self._numbers(expression, number, left)]
            number = 0
        shown = [(tier, self._doc(one)) for tier, one in hits[: asked.limit]]
        following = None
        if len(hits) > asked.limit:
            tier, row = shown[-1]
            following = f"{tier}:{row[_DEMERIT]}:{row[0]}"
        return Page([_summary(row) for _, row in shown], following)

    def _in_order(self, levels: Levels, asked: Asked, after: str) -> Page:
        key, compare, way = _ORDERS[asked.sort]
        beyond: str = ""
        place: tuple[object, ...] = ()
        if after:
            beyond, place = f"AND ({key}, id) {compare} (?, ?)", _split(after)
        rows = self._index.execute(
            f"SELECT {_COLUMNS}, {key} FROM docs JOIN"  # noqa: S608 # nosec B608 # constants
            " (SELECT rowid AS hit FROM found WHERE found MATCH ?) ON number = hit"
            f" WHERE true {beyond} ORDER BY {key} {way}, id {way} LIMIT ?",
            (levels.whole(asked.category_id), *place, asked.limit + 1),
        ).fetchall()
        shown = rows[: asked.limit]
        following = f"{shown[-1][-1]}:{shown[-1][0]}" if len(rows) > asked.limit else None
        return Page([_summary(row) for row in shown], following)

    def _place(self, place: str) -> tuple[int, int]:
        """The tier a page ended in, and the last product no later than the one it ended with."""
        tier, _, rest = place.partition(":")
        (number,) = self._column(
            "SELECT coalesce(max(number), 0) FROM (SELECT number FROM docs"
            " WHERE (demerit, id) <= (?, ?) ORDER BY demerit DESC, id DESC LIMIT 1)",
            _split(rest),
        )
        return _integer(tier), number

    def _numbers(self, expression: str, after: int, limit: int) -> Sequence[int]:
        return self._column(
            "SELECT rowid FROM found WHERE found MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?",
            (expression, after, limit),
        )

    # ------------------------------------------------------------------ rows

    def _known(self, said: Sequence[str]) -> set[str]:
        """Which parts of the runs are words of the catalogue."""
        parts = {part for run in said if is_han(run) for part in candidates(run)}
        if not parts:
            return set()
        asked = json.dumps([*parts])
        statement = "SELECT text FROM words WHERE text IN (SELECT value FROM json_each(?))"
        return set(self._column(statement, [asked]))

    def _doc(self, number: int) -> Row:
        row: Row = self._index.execute(
            f"SELECT {_COLUMNS} FROM docs WHERE number = ?",  # noqa: S608 # nosec B608 # constants
            (number,),
        ).fetchone()
        return row

    def _column(self, statement: str, values: Sequence[object]) -> list[Any]:
        return [row[0] for row in self._index.execute(statement, values)]


def _summary(row: Row) -> Summary:
    tags = tuple(json.loads(row[9])) if row[9] else ()
    product_id, title, subtitle, image, least, most, listed, sold = row[:8]
    return Summary(
        product_id, title, subtitle, image, least, most, listed, sold, bool(row[8]), tags
    )


def _split(place: str) -> tuple[int, str]:
    value, _, product_id = place.partition(":")
    return _integer(value), product_id


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        # Sealed by us, for another order of the same words or by an older release.
        raise InvalidError("invalid_cursor", "翻页参数已失效，请刷新后重试")
    return int(text)
