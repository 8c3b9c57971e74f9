"""A customer's addresses: each change is read, decided in the domain, and put if nothing moved."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.domain.address import Address
from shop.domain.address_book import AddressBook
from shop.domain.ids import random_id
from shop.errors import NotFoundError, UnavailableError
from shop.store.addresses import keep_book, read_book
from shop.store.blobs import pack
from shop.store.writes import ConditionFailed, apply

_PURPOSE = "address"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose book, and the keys that open it."""

    ring: KeyRing
    customer_id: str


def book_of(owner: Owner) -> AddressBook:
    """All addresses of a customer, as they are now."""
    return read_book(owner.ring, owner.customer_id, consistent=True).book


def address_of(ring: KeyRing, customer_id: str, address_id: str) -> Address:
    """One of a customer's addresses; half a unit per 4 KB, more only if it seems absent.

    Raises:
        NotFoundError: The customer has none with this id.
    """
    try:
        return read_book(ring, customer_id).book.get(address_id)
    except NotFoundError:
        # A plain read may lag behind an address that was added a moment ago.
        return read_book(ring, customer_id, consistent=True).book.get(address_id)


def add(
    owner: Owner, key: str, address: Address, *, is_default: bool, now: int
) -> tuple[str, AddressBook]:
    """Add an address once per idempotency key; returns its id and the book that has it.

    Raises:
        ValidationError: `idempotency_key_reused`.
        NotFoundError: This key's address was deleted since.
        ConflictError: `address_limit_reached`.
        UnavailableError: Others kept changing the book.
    """
    fingerprint = hashlib.sha256(pack((address, is_default))).hexdigest()[:32]
    ids = _ids(owner, key)
    made: list[str] = []

    def change(book: AddressBook) -> AddressBook:
        known = book.known(ids, fingerprint)
        made[:] = [known or ids[0]]
        if known:
            return book
        return book.added(ids[0], address, fingerprint, is_default=is_default, now=now)

    book = _change(owner, change)
    return made[0], book


def replace(owner: Owner, address_id: str, address: Address, *, is_default: bool) -> None:
    """Give an address another content.

    Raises:
        NotFoundError: The customer has none with this id.
        UnavailableError: Others kept changing the book.
    """
    _change(owner, lambda book: book.changed(address_id, address, is_default=is_default))


def remove(owner: Owner, address_id: str, *, now: int) -> None:
    """Remove an address; removed already is fine.

    Raises:
        NotFoundError: The customer never had one with this id.
        UnavailableError: Others kept changing the book.
    """
    _change(owner, lambda book: book.removed(address_id, now))


def _change(owner: Owner, change: Callable[[AddressBook], AddressBook]) -> AddressBook:
    for _ in range(_ATTEMPTS):
        kept = read_book(owner.ring, owner.customer_id, consistent=True)
        after = change(kept.book)
        if after == kept.book:
            return after
        try:
            apply(keep_book(owner.ring, owner.customer_id, after, kept.version))
        except ConditionFailed:
            # Another change, or an earlier send of this one: look again and decide.
            continue
        return after
    raise UnavailableError


def _ids(owner: Owner, key: str) -> list[str]:
    """The id that a key makes under the current key, then those it made under earlier ones."""
    ring = owner.ring
    message = f"{owner.customer_id}\x00{key}".encode()
    versions = sorted(ring.roots, key=lambda version: version != ring.current)
    return [random_id(ring.mac(_PURPOSE, message, version)) for version in versions]
