"""What the meter sees of the store: keys, indexes and images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.proving.seam import Reply
from tests.proving.sizes import Item

Key = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: its key attributes and what it projects (None: everything)."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """The entry that this index holds for an item, or None."""
        if not item or any(key not in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True, slots=True)
class Schema:
    """A table's key attributes and its indexes."""

    name: str
    keys: tuple[str, ...]
    indexes: tuple[Index, ...]

    def key_of(self, item: Item) -> Key:
        """The key attributes of an item."""
        return {name: dict(item[name]) for name in self.keys if name in item}


class Store(Protocol):
    """What the meter must see of the store while it holds the store's lock."""

    def schema(self, table: str) -> Schema: ...
    def image(self, table: str, key: Key) -> Item | None: ...
    def ran_before(self, token: str) -> bool: ...
    def ask(self, operation: str, request: dict[str, Any]) -> Reply: ...


def plain(value: Mapping[str, Any]) -> str:
    """A typed value as text, without its type."""
    return str(next(iter(value.values())))


def plain_key(key: Key) -> str:
    """A key as one text that names the item in its table."""
    return "|".join(plain(key[name]) for name in sorted(key))
