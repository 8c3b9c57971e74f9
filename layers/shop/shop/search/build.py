"""Build an index file from the catalogue's entries, in memory that does not grow with them."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shop.domain.listing import Entry
from shop.domain.search import demerit
from shop.domain.search_text import grams, is_han, plain, runs, spaced
from shop.search import schema, speller

LONGEST_SUGGESTION = 20
MOST_WORDS = 200_000
"""Words beyond are not suggested; they are found all the same."""
_FAST = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
_BATCH = 1_000


@dataclass(slots=True)
class _Word:
    weight: int = 0
    products: int = 0


def build(path: Path, entries: Iterable[Entry]) -> int:
    """Write the index of these entries to a file that does not exist yet.

    Entries are put down as they come and picked up in the order of their rank, so none need be
    held; only the vocabulary is.

    Returns:
        How many products it holds.
    """
    waiting = path.with_suffix(".waiting")
    waiting.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(waiting)) as heap, closing(sqlite3.connect(path)) as index:
            heap.executescript(_FAST)
            index.executescript(_FAST + schema.TABLES)
            _put_down(heap, entries)
            count = _pick_up(index, heap)
            index.commit()
            index.executescript(schema.INDEXES)
            index.commit()
            return count
    finally:
        waiting.unlink(missing_ok=True)


def _put_down(heap: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    heap.execute("CREATE TABLE heap (id TEXT PRIMARY KEY, demerit INTEGER, entry BLOB)")
    # The same product may come twice when the catalogue changes between two pages.
    heap.executemany(
        "INSERT OR REPLACE INTO heap VALUES (?, ?, ?)",
        ((one.summary.id, demerit(one.summary), msgspec.json.encode(one)) for one in entries),
    )
    heap.commit()


def _pick_up(index: sqlite3.Connection, heap: sqlite3.Connection) -> int:
    vocabulary: defaultdict[str, _Word] = defaultdict(_Word)
    decoder = msgspec.json.Decoder(Entry)
    rows = heap.execute("SELECT entry FROM heap ORDER BY demerit, id")
    count = 0
    while batch := rows.fetchmany(_BATCH):
        chosen = [decoder.decode(row[0]) for row in batch]
        numbered = list(enumerate(chosen, start=count + 1))
        index.executemany(
            "INSERT INTO docs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_doc(number, one) for number, one in numbered],
        )
        index.executemany(
            "INSERT INTO found(rowid, title, subtitle, labels, title_initials, initials,"
            " categories) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_text(number, one) for number, one in numbered],
        )
        for one in chosen:
            _learn(vocabulary, one)
        count += len(batch)
    index.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", _words(vocabulary))
    return count


def _doc(number: int, entry: Entry) -> tuple[object, ...]:
    one = entry.summary
    return (
        number,
        one.id,
        one.title,
        one.subtitle,
        one.primary_image_url,
        one.min_price_fen,
        one.max_price_fen,
        one.list_price_fen,
        one.sold_count,
        one.in_stock,
        json.dumps(one.tags, ensure_ascii=False) if one.tags else "",
        demerit(one),
        entry.created_at,
    )


def _text(number: int, entry: Entry) -> tuple[object, ...]:
    one = entry.summary
    title, subtitle = runs(one.title), runs(one.subtitle)
    labels = [run for label in (*entry.category_names, *one.tags) for run in runs(label)]
    front = [schema.FRONT + title[0][:2]] if title else []
    return (
        number,
        spaced([*front, *(gram for run in title for gram in grams(run))]),
        spaced([gram for run in subtitle for gram in grams(run)]),
        spaced([gram for run in labels for gram in grams(run)]),
        spaced(_initials(title, at_front=True)),
        spaced(_initials([*subtitle, *labels])),
        spaced([schema.category_token(category_id) for category_id in entry.category_ids]),
    )


def _initials(some: Sequence[str], *, at_front: bool = False) -> Iterator[str]:
    """From the beginning of each word on: nobody types initials from within one."""
    front = schema.FRONT if at_front else ""
    for run in filter(is_han, some):
        parts = [speller.readings(word) for word in speller.starts(run)]
        for at in range(len(parts)):
            for line in _lines(parts[at:]):
                yield schema.INITIALS + line
                if front:
                    yield front + schema.INITIALS + line
            front = ""


def _lines(parts: Sequence[Sequence[str]]) -> set[str]:
    """The initials of these words, read in a few ways."""
    lines = [""]
    for part in parts:
        lines = [line + one for line in lines for one in part][: schema.MOST_LINES]
        if len(lines[0]) >= schema.MOST_INITIALS:
            break
    return {line[: schema.MOST_INITIALS] for line in lines}


def _learn(vocabulary: defaultdict[str, _Word], entry: Entry) -> None:
    one = entry.summary
    said = {word for run in runs(one.title) for word in _said(run)}
    said |= {plain(label).strip() for label in (*entry.category_names, *one.tags)}
    for word in said:
        if _is_word(word):
            known = vocabulary[word]
            known.products += 1
            known.weight += (1 + one.sold_count) * (1 if one.in_stock else 0)


def _is_word(text: str) -> bool:
    """One character is none, and neither is a size, a year or a model's number."""
    return 1 < len(text) <= LONGEST_SUGGESTION and not any(map(str.isdigit, text))


def _said(run: str) -> Sequence[str]:
    return speller.words(run) if is_han(run) else (run,)


def _words(vocabulary: defaultdict[str, _Word]) -> Iterator[tuple[str, str, int, int]]:
    best = sorted(vocabulary.items(), key=lambda item: (-item[1].weight, item[0]))
    for text, known in best[:MOST_WORDS]:
        yield text, speller.initials(text), known.weight, known.products
