"""A cart that is joined by what was kept before sign-in."""

from shop.domain.cart import MOST_LINES, Cart, CartLine, merged

NOW = 1_000
A, B = CartLine("a", 2, False, 10), CartLine("b", 5, True, 20)
CART = Cart((A, B), 3)


def test_a_line_is_found_by_its_sku() -> None:
    assert (CART.line("b"), CART.line("c")) == (B, None)


def test_the_larger_quantity_counts_and_the_rest_stays_as_it_was() -> None:
    changed = merged(CART, [("a", 3), ("b", 5), ("c", 1)], NOW)
    assert changed == [CartLine("a", 3, False, 10), CartLine("c", 1, True, NOW)]
    assert merged(CART, [("a", 2), ("b", 4)], NOW) == []


def test_what_exceeds_the_cart_stays_out() -> None:
    full = Cart(tuple(CartLine(f"s{at}", 1, True, at) for at in range(MOST_LINES - 1)), 1)
    changed = merged(full, [("x", 1), ("y", 1), ("s0", 9), ("z", 1)], NOW)
    assert [line.sku_id for line in changed] == ["x", "s0"]
