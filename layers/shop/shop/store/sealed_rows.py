"""Every kind of row that keeps something sealed for as long as the row lives, and where.

What expires by itself (sign-ins within 31 days, search history within 90) is left out: a retired
key stays listed longer than that (`docs/privacy.md`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import BinaryAttribute

from shop.store.addresses import AddressBookRow
from shop.store.customers import CustomerRow
from shop.store.messages import SubscriptionRow
from shop.store.order_row import OrderRow
from shop.store.staff import StaffRow
from shop.store.table import STAFF_PARTITION, Entity, Key, customer_of
from shop.store.writes import Raw, Write, update

_PII, OPENID, _TOTP, _SUBSCRIPTION = "pii", "openid", "totp", "subscription"
_OF_CUSTOMERS: dict[str, tuple[tuple[BinaryAttribute, str], ...]] = {
    "C": (
        (CustomerRow.phone, _PII),
        (CustomerRow.unionid, _PII),
        (CustomerRow.openid, OPENID),
    ),
    "A": ((AddressBookRow.box, _PII),),
    "O": ((OrderRow.address, _PII),),
    "N": ((SubscriptionRow.openid, _SUBSCRIPTION),),
}
_OF_STAFF = ((StaffRow.totp, _TOTP),)


@dataclass(frozen=True, slots=True)
class Box:
    """One sealed value as it is stored, with what it needs to be opened."""

    key: Key
    attribute: BinaryAttribute
    purpose: str
    owner: str
    content: bytes


def boxes_of(raw: Raw) -> Iterator[Box]:
    """The sealed values of any row."""
    partition, sort = raw["PK"]["S"], raw["SK"]["S"]
    kept: tuple[tuple[BinaryAttribute, str], ...] = ()
    owner = customer_of(partition)
    if partition.startswith("C#"):
        kept = _OF_CUSTOMERS.get(sort.partition("#")[0], ())
    elif partition == STAFF_PARTITION:
        kept, owner = _OF_STAFF, sort
    for attribute, purpose in kept:
        value: Any = raw.get(attribute.attr_name)
        if value and value["B"]:
            yield Box((partition, sort), attribute, purpose, owner, bytes(value["B"]))


def replace(box: Box, content: bytes) -> Write:
    """Put another box in its place, if it is still the one that was read."""
    same = box.attribute == box.content
    return update(Entity(*box.key), [box.attribute.set(content)], same)
