"""What the code under test asked of the store and of the world, and what it costs.

The ledger is a layer of the seam. It counts every request that left the code, those that failed,
were throttled or repeated by the SDK too, and takes their units from the engine. Books are kept
for each function (``function``) and each business step (``step``); a call falls on every book
that is open in its context.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from tests.proving.seam import Call, Forward, Reply
from tests.proving.units import Units

_NOTHING = Units()


@dataclass(frozen=True, slots=True)
class Entry:
    """One call: what it was, its units, how it ended and its place in the chain of trips."""

    kind: str
    name: str
    units: Units
    outcome: str
    depth: int


@dataclass
class Book:
    """The calls of one function or step.

    ``trips`` is the longest chain of store calls of which each began after the one before had
    ended; calls made side by side count once.
    """

    name: str
    entries: list[Entry] = field(default_factory=list)
    _ended: int = 0

    @property
    def store(self) -> list[Entry]:
        """The store calls."""
        return [entry for entry in self.entries if entry.kind == "store"]

    @property
    def requests(self) -> int:
        """Store calls, each repetition counted."""
        return len(self.store)

    @property
    def trips(self) -> int:
        """Store calls that had to wait for one another."""
        return max((entry.depth for entry in self.store), default=0)

    @property
    def writes(self) -> float:
        """Write units."""
        return sum(entry.units.writes for entry in self.entries)

    @property
    def reads(self) -> float:
        """Read units."""
        return sum(entry.units.reads for entry in self.entries)

    @property
    def http(self) -> list[str]:
        """The outbound HTTP calls, by method and address."""
        return [entry.name for entry in self.entries if entry.kind == "http"]

    @property
    def secrets(self) -> int:
        """Calls to the secret store."""
        return sum(entry.kind == "secret" for entry in self.entries)

    def counts(self) -> dict[str, float]:
        """The counts that the committed cost table holds."""
        return {
            "writes": self.writes,
            "reads": self.reads,
            "requests": self.requests,
            "trips": self.trips,
            "http": len(self.http),
        }


_books: ContextVar[tuple[Book, ...]] = ContextVar("_books", default=())


class Ledger:
    """All books of one run, and its totals. Add it to a seam as its outermost layer.

    ``entries`` and the books of functions are kept only on ``keep``, so that a run of a million
    calls stays small; the books of steps always are.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._lock = threading.Lock()
        self._keep = keep
        self.entries: list[Entry] = []
        self.calls: dict[str, int] = {}
        self.writes = 0.0
        self.reads = 0.0
        self.functions: dict[str, list[Book]] = {}
        self.steps: dict[str, list[Book]] = {}

    @property
    def requests(self) -> int:
        """All store calls of the run."""
        return sum(count for name, count in self.calls.items() if name.startswith("store "))

    @contextmanager
    def function(self, name: str) -> Iterator[Book]:
        """Opens a book for one invocation of a function."""
        with self._open(name, self.functions) as book:
            yield book

    @contextmanager
    def step(self, name: str) -> Iterator[Book]:
        """Opens a book for one business step, such as ``checkout``."""
        with self._open(name, self.steps) as book:
            yield book

    @contextmanager
    def _open(self, name: str, shelf: dict[str, list[Book]]) -> Iterator[Book]:
        book = Book(name)
        if self._keep or shelf is self.steps:
            shelf.setdefault(name, []).append(book)
        token = _books.set((*_books.get(), book))
        try:
            yield book
        finally:
            _books.reset(token)

    def __call__(self, call: Call, forward: Forward) -> Reply:
        """Counts one call on its way through."""
        books = _books.get()
        depths = [book._ended + 1 for book in books]
        outcome = "killed"
        try:
            reply = forward(call)
            outcome = str(reply.status)
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            self._enter(call, outcome, books, depths)
        return reply

    def _enter(self, call: Call, outcome: str, books: tuple[Book, ...], depths: list[int]) -> None:
        units = call.units or _NOTHING
        with self._lock:
            label = f"{call.kind} {call.name}"
            self.calls[label] = self.calls.get(label, 0) + 1
            self.writes += units.writes
            self.reads += units.reads
            if self._keep:
                self.entries.append(Entry(call.kind, call.name, units, outcome, 0))
            for book, depth in zip(books, depths, strict=True):
                book.entries.append(Entry(call.kind, call.name, units, outcome, depth))
                if call.kind == "store":
                    book._ended = max(book._ended, depth)
