"""A customer's address book: one sealed row, replaced only as it was read."""

from dataclasses import dataclass

from pynamodb.attributes import BinaryAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal, unseal
from shop.domain.address_book import AddressBook
from shop.store import reads
from shop.store.blobs import pack, unpack
from shop.store.table import Entity, address_book_key
from shop.store.writes import Write, absent, put

_PII = "pii"


class AddressBookRow(Entity):
    """All addresses of a customer, sealed for that customer."""

    version = NumberAttribute(attr_name="v")
    box = BinaryAttribute(legacy_encoding=False, attr_name="b")


@dataclass(frozen=True, slots=True)
class KeptBook:
    """A book as the store has it; version 0 means that there is none yet."""

    book: AddressBook
    version: int


def read_book(ring: KeyRing, customer_id: str, *, consistent: bool = False) -> KeptBook:
    """A customer's addresses.

    Raises:
        UnsealError: It was sealed with a key that is no longer listed.
    """
    row = reads.get(AddressBookRow, address_book_key(customer_id), consistent=consistent)
    if row is None:
        return KeptBook(AddressBook(), 0)
    return KeptBook(open_book(ring, customer_id, row), int(row.version))


def open_book(ring: KeyRing, customer_id: str, row: AddressBookRow) -> AddressBook:
    """The addresses in a row.

    Raises:
        UnsealError: It was sealed with a key that is no longer listed.
    """
    return unpack(unseal(ring, _PII, row.box, customer_id.encode()), AddressBook)


def keep_book(ring: KeyRing, customer_id: str, book: AddressBook, before: int) -> Write:
    """Replace the book, if it is still at the version that was read."""
    same: Condition = AddressBookRow.version == before
    row = AddressBookRow(
        *address_book_key(customer_id),
        version=before + 1,
        box=seal(ring, _PII, pack(book), customer_id.encode()),
    )
    return put(row, same if before else absent())
