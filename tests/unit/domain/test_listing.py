"""Lists and carts as rules."""

from shop.domain.cart import Cart, CartLine, merged
from shop.domain.listing import Entry, Sort, Summary, ordered


def entry(
    product_id: str,
    title: str = "",
    subtitle: str = "",
    *,
    tags: tuple[str, ...] = (),
    price: int = 1,
    sold: int = 0,
    stock: bool = True,
    at: int = 0,
) -> Entry:
    summary = Summary(product_id, title, subtitle, "", price, price, price, sold, stock, tags)
    return Entry(summary, ("c",), ("茶叶",), at)


def ids(entries: list[Entry]) -> list[str]:
    return [one.summary.id for one in entries]


def test_equal_entries_never_shuffle() -> None:
    some = [entry("c"), entry("a"), entry("b")]
    for sort in set(Sort) - {Sort.NEWEST}:
        assert ids(ordered(some, sort)) == ["a", "b", "c"]
    assert ids(ordered(some, Sort.NEWEST)) == ["c", "b", "a"]


def test_each_order() -> None:
    some = [
        entry("a", price=3, sold=1, at=1, stock=False),
        entry("b", price=1, sold=9, at=2),
        entry("c", price=2, sold=5, at=3),
    ]
    assert ids(ordered(some, Sort.DEFAULT)) == ["b", "c", "a"]
    assert ids(ordered(some, Sort.NEWEST)) == ["c", "b", "a"]
    assert ids(ordered(some, Sort.PRICE_ASC)) == ["b", "c", "a"]
    assert ids(ordered(some, Sort.PRICE_DESC)) == ["a", "c", "b"]
    assert ids(ordered(some, Sort.SALES)) == ["b", "c", "a"]


def test_merging_takes_the_larger_and_stops_at_100() -> None:
    cart = Cart((CartLine("a-1", 3, selected=False, added_at=1),), 1)
    kept = [("a-1", 2), ("a-1", 4), ("b-1", 1)]
    assert merged(cart, kept[:1], 9) == []
    assert merged(cart, kept[1:], 9) == [
        CartLine("a-1", 4, selected=False, added_at=1),
        CartLine("b-1", 1, selected=True, added_at=9),
    ]
    full = Cart(tuple(CartLine(f"x{n}-1", 1, True, n) for n in range(100)), 100)
    assert merged(full, [("new-1", 1), ("x1-1", 2)], 9) == [CartLine("x1-1", 2, True, 1)]
