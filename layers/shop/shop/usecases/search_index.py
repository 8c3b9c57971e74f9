"""Build the search index when the catalogue has changed, and switch to it.

Safe to run at any time and however often: what is built already is not built again, and a build
that was overtaken is thrown away. A run that dies leaves the present version as it was; the next
one, by the stream's retry or the schedule, starts over.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.domain.listing import Entry
from shop.errors import UnavailableError
from shop.search.schema import FORMAT
from shop.store import catalogue, search_index
from shop.store.blobs import unpack
from shop.store.search_index import IndexVersion
from shop.telemetry import metrics
from shop.usecases.ports import ObjectVersions
from shop.usecases.publish import SEARCH
from shop.usecases.search_embedded import digest_of

_ATTEMPTS = 3

Build = Callable[[Path, Iterator[Entry]], int]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a run did: whether it switched, the products and bytes of what is present now."""

    switched: bool
    products: int
    file_bytes: int


def rebuild(files: ObjectVersions, build: Build, now: int) -> Rebuilt:
    """Bring the index up to the published catalogue.

    Args:
        files: Where index files go.
        build: Writes the index of some entries to a file and counts them.
        now: UTC seconds.

    Raises:
        UnavailableError: The table or the storage did not answer, or others kept switching.
    """
    for _ in range(_ATTEMPTS):
        before = search_index.present(consistent=True)
        source = published_source()
        if before and before.source == source and files.has(before.version):
            return Rebuilt(switched=False, products=before.products, file_bytes=0)
        with tempfile.TemporaryDirectory(prefix="search-") as folder:
            path = Path(folder) / "index"
            products = build(path, _entries())
            size = path.stat().st_size
            after = IndexVersion(
                source=source,
                digest=digest_of(path),
                version=files.put(path),
                products=products,
                built_at=now,
                number=before.number + 1 if before else 1,
            )
        # Whoever switched in the meantime may have read an older catalogue than this run has.
        if search_index.switch(before, after):
            metrics.add_metric(name="SearchProducts", unit="Count", value=products)
            metrics.add_metric(name="SearchIndexBytes", unit="Bytes", value=size)
            return Rebuilt(switched=True, products=products, file_bytes=size)
    raise UnavailableError


def published_source() -> str:
    """What the published catalogue is, page after page.

    Read before the entries, so that a change in between makes the next run build again.
    """
    digest = hashlib.sha256(FORMAT.encode())
    for row in catalogue.each_page(SEARCH):
        digest.update(hashlib.sha256(row.body).digest())
    return digest.hexdigest()


def _entries() -> Iterator[Entry]:
    for row in catalogue.each_page(SEARCH):
        yield from unpack(row.body, list[Entry])
