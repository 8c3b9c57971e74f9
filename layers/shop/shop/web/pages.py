"""`?limit=&cursor=` in, `{items, next_cursor}` out."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

from shop.crypto.cursors import open_cursor, seal_cursor
from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError
from shop.errors import InvalidError

T = TypeVar("T")

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
DEFAULT_LIMIT = 20
_INVALID = ("invalid_cursor", "翻页参数已失效，请刷新后重试")
CursorText = Annotated[str, msgspec.Meta(max_length=1024)]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every list takes."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText = ""


class PageView(msgspec.Struct, Generic[T], frozen=True):
    """What every list answers; `next_cursor` is null on the last page."""

    items: Sequence[T]
    next_cursor: str | None = None


class ItemsView(msgspec.Struct, Generic[T], frozen=True):
    """A list short enough to come whole."""

    items: Sequence[T]


Place = tuple[int | str, ...]
"""Where an entry stands in its list; places are as long and of the same types throughout it."""


def page_of(
    found: Sequence[T],
    place: Callable[[T], Place],
    ring: KeyRing,
    query: PageQuery,
    name: str,
    owner: str,
) -> tuple[Sequence[T], str | None]:
    """One page of a list that is read whole, and the cursor of the next.

    Args:
        found: The list in its order.
        place: What the list is sorted by; it tells an entry from every other. The next page begins
            behind the place of the last entry, also when that is no longer in the list.
        ring: Seals cursors.
        query: Which page.
        name: The list's.
        owner: Whose list it is; "" for everybody's.

    Raises:
        InvalidError: `invalid_cursor`.
    """
    after = read_cursor(ring, name, query.cursor, owner)
    begin = bisect_right(found, _place_in(after), key=place) if after else 0
    end = begin + query.limit
    cursor = None
    if end < len(found):
        last = msgspec.json.encode(place(found[end - 1])).decode()
        cursor = write_cursor(ring, name, last, owner)
    return found[begin:end], cursor


def _place_in(text: str) -> Place:
    try:
        return tuple(msgspec.json.decode(text, type=list[int | str]))
    except msgspec.DecodeError as bad:
        # Sealed by us, by an older release.
        raise InvalidError(*_INVALID) from bad


def page_after(
    read: Callable[[str, int], Iterable[T]],
    key: Callable[[T], str],
    ring: KeyRing,
    query: PageQuery,
    name: str,
) -> tuple[Sequence[T], str | None]:
    """One page of everybody's list that is read from where the last page ended.

    Args:
        read: Entries after this key (from the beginning for ""), at least so many if there are.
        key: What tells an entry from every other; the next page begins after it.
        ring: Seals cursors.
        query: Which page.
        name: The list's.

    Raises:
        InvalidError: `invalid_cursor`.
    """
    found = list(read(read_cursor(ring, name, query.cursor), query.limit + 1))
    shown = found[: query.limit]
    more = len(found) > len(shown)
    return shown, write_cursor(ring, name, key(shown[-1])) if more else None


def write_cursor(ring: KeyRing, list_name: str, position: str, owner: str = "") -> str:
    """A cursor that only this list, for this owner, takes back."""
    return seal_cursor(ring, position, f"{list_name}\x00{owner}")


def read_cursor(ring: KeyRing, list_name: str, cursor: str, owner: str = "") -> str:
    """The position that `write_cursor` sealed; "" for no cursor, the list's beginning.

    Raises:
        InvalidError: `invalid_cursor`: changed, or of another list or customer.
    """
    if not cursor:
        return ""
    try:
        return open_cursor(ring, cursor, f"{list_name}\x00{owner}")
    except UnsealError as bad:
        raise InvalidError(*_INVALID) from bad
