"""The engine that needs no server: the present index file, opened inside the function.

The pointer is read again every few seconds; only another version is downloaded. Whatever fails
later, a version that is open goes on answering.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from shop.domain.search import EMPTY, Asked, Page
from shop.errors import UnavailableError
from shop.search.engine import SqliteSearch
from shop.store import search_index
from shop.store.search_index import IndexVersion
from shop.telemetry import logger, metrics, told
from shop.usecases.ports import ObjectVersions

CHECK_SECONDS = 10
"""With the builder's time and what clients keep, a change is visible within a minute."""
_CHUNK = 1 << 20


class EmbeddedSearch:
    """The port `SearchEngine` on whichever index version is the present one.

    Before the first build nothing is found. A process that has no version yet and cannot get one
    raises UnavailableError.

    Args:
        files: Where index files are.
        clock: UTC seconds.
    """

    def __init__(self, files: Callable[[], ObjectVersions], clock: Callable[[], int]) -> None:
        self._files = files
        self._clock = clock
        self._checked_at: int | None = None
        self._digest = ""
        self._open: SqliteSearch | None = None

    def find(self, asked: Asked) -> Page:
        """One page; nothing before the first build."""
        engine = self._present()
        return engine.find(asked) if engine else EMPTY

    def suggest(self, text: str, limit: int) -> Sequence[str]:
        """Words that begin so."""
        engine = self._present()
        return engine.suggest(text, limit) if engine else ()

    def best_selling(self, limit: int) -> Sequence[str]:
        """Words for what sells best."""
        engine = self._present()
        return engine.best_selling(limit) if engine else ()

    def has_word(self, text: str) -> bool:
        """Whether the catalogue itself says this."""
        engine = self._present()
        return bool(engine and engine.has_word(text))

    def _present(self) -> SqliteSearch | None:
        now = self._clock()
        if self._checked_at is None or not 0 <= now - self._checked_at < CHECK_SECONDS:
            try:
                self._follow(search_index.present())
            except UnavailableError as failure:
                if self._open is None:
                    raise
                logger.warning("search index not renewed", cause=told(failure.__cause__))
                metrics.add_metric(name="SearchIndexNotRenewed", unit="Count", value=1)
            # Also after a failure: who has an index does not wait for a timeout at each search.
            self._checked_at = now
        return self._open

    def _follow(self, version: IndexVersion | None) -> None:
        if version is None or version.digest == self._digest:
            return
        with tempfile.TemporaryDirectory(prefix="search-") as folder:
            path = Path(folder) / "index"
            self._files().fetch(version.version, path)
            if digest_of(path) != version.digest:
                raise UnavailableError
            # An open file outlives its name, so nothing is left behind, whatever ends the process.
            opened = SqliteSearch(path)
        if self._open is not None:
            self._open.close()
        self._open, self._digest = opened, version.digest


def digest_of(path: Path) -> str:
    """The file's SHA-256, hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
