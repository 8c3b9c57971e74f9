"""Which version of the search index is the present one: the only thing that switching it changes.

The file itself lies in object storage and is never changed once written.
"""

from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.store import reads
from shop.store.table import Entity, search_index_key
from shop.store.writes import ConditionFailed, absent, apply, put


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """One built index.

    Attributes:
        source: Digest of the catalogue it was built from.
        digest: SHA-256 of the file, hex.
        version: What object storage calls it.
        products: How many it holds.
        built_at: UTC seconds.
        number: How many switches there were.
    """

    source: str
    digest: str
    version: str
    products: int
    built_at: int
    number: int


class IndexRow(Entity):
    """The present version."""

    source = UnicodeAttribute(attr_name="s")
    digest = UnicodeAttribute(attr_name="d")
    version = UnicodeAttribute(attr_name="o")
    products = NumberAttribute(attr_name="n")
    built_at = NumberAttribute(attr_name="at")
    number = NumberAttribute(attr_name="v")


def present(*, consistent: bool = False) -> IndexVersion | None:
    """The present version; None before the first build. Half a unit.

    Raises:
        UnavailableError: The store did not answer.
    """
    row = reads.get(IndexRow, search_index_key(), consistent=consistent)
    return _version(row) if row else None


def switch(before: IndexVersion | None, after: IndexVersion) -> bool:
    """Make a version the present one, if that is still the one it was built after.

    Returns:
        False when another build came first.

    Raises:
        UnavailableError: It may have been switched.
    """
    row = IndexRow(
        *search_index_key(),
        source=after.source,
        digest=after.digest,
        version=after.version,
        products=after.products,
        built_at=after.built_at,
        number=after.number,
    )
    try:
        apply(put(row, absent() if before is None else IndexRow.number == before.number))
    except ConditionFailed as refused:
        # The SDK may have sent it twice: is it mine?
        return bool(refused.old) and _version(IndexRow.from_raw_data(dict(refused.old))) == after
    return True


def _version(row: IndexRow) -> IndexVersion:
    return IndexVersion(
        source=row.source,
        digest=row.digest,
        version=row.version,
        products=int(row.products),
        built_at=int(row.built_at),
        number=int(row.number),
    )
