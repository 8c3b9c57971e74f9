"""Carts: one item each, changed line by line, so that two devices never lose each other's lines."""

from collections.abc import Sequence

from pynamodb.attributes import MapAttribute, NumberAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from shop.domain.cart import MOST_LINES, Cart, CartLine
from shop.errors import ConflictError, UnavailableError
from shop.store import reads
from shop.store.table import Entity, cart_clearing_key, cart_key
from shop.store.writes import ConditionFailed, Raw, absent, apply, present, put, together, update

CLEARING_SECONDS = 30 * 86_400
_ATTEMPTS = 8


class CartRow(Entity):
    """A cart: per SKU the quantity `q`, whether selected `s`, and when added `a`."""

    lines: MapAttribute[str, dict[str, object]] = MapAttribute(attr_name="m")
    version = NumberAttribute(attr_name="v")


class ClearingRow(Entity):
    """Proof that an order's lines have left the cart, kept while its outbox may repeat."""

    expires_at = NumberAttribute(attr_name="ttl")


def read(customer_id: str, *, consistent: bool = False) -> Cart:
    """A customer's cart; empty if there never was one."""
    row = reads.get(CartRow, cart_key(customer_id), consistent=consistent)
    return of_row(row) if row else Cart((), 0)


def set_line(customer_id: str, sku_id: str, quantity: int, selected: bool | None, now: int) -> Cart:
    """Set a line's quantity and, if given, whether it is selected; adds the line if new.

    Raises:
        ConflictError: `cart_full`: 100 other lines are in it.
        UnavailableError: The cart kept changing.
    """
    line = CartLine(sku_id, quantity, selected is not False, now)
    for _ in range(_ATTEMPTS):
        changed = _change_line(customer_id, sku_id, quantity, selected)
        changed = changed or _add_line(customer_id, line) or _first_line(customer_id, line)
        if changed:
            return changed
    raise UnavailableError


def remove_line(customer_id: str, sku_id: str) -> Cart:
    """Take a line out; a cart without it stays as it is."""
    path = _path(sku_id)
    try:
        return _update(customer_id, [path.remove()], path.exists())
    except ConditionFailed as failed:
        return _cart_of(failed.old)


def put_lines(customer_id: str, before: Cart, lines: Sequence[CartLine]) -> Cart | None:
    """Set several lines of a cart that is still as it was read; None if it is not."""
    if not lines:
        return before
    if not before.version:
        return _first_line(customer_id, *lines)
    actions: list[Action] = [_path(line.sku_id).set(_entry(line)) for line in lines]
    try:
        return _update(customer_id, actions, CartRow.version == before.version)
    except ConditionFailed:
        return None


def leave_cart(customer_id: str, order_no: str, lines: Sequence[tuple[str, int]], now: int) -> None:
    """Take an order's pieces out of the cart, exactly once however often it is called.

    A line is reduced by what was ordered and leaves at 0; lines no longer there are ignored.

    Args:
        customer_id: Whose cart.
        order_no: What makes it happen once.
        lines: SKU ids with the quantities ordered.
        now: UTC seconds.

    Raises:
        UnavailableError: The cart kept changing; call again.
    """
    done = ClearingRow(*cart_clearing_key(customer_id, order_no), expires_at=now + CLEARING_SECONDS)
    for _ in range(_ATTEMPTS):
        cart = read(customer_id, consistent=True)
        writes = [put(done, absent())]
        actions, unchanged = _reduction(cart, lines)
        if actions and unchanged is not None:
            row = CartRow(*cart_key(customer_id))
            writes.append(update(row, [*actions, CartRow.version.add(1)], unchanged))
        try:
            together(writes)
        except ConditionFailed as failed:
            if failed.failed[0] is not None:
                return
            continue
        return
    raise UnavailableError


def _reduction(
    cart: Cart, lines: Sequence[tuple[str, int]]
) -> tuple[list[Action], Condition | None]:
    actions: list[Action] = []
    unchanged: Condition | None = None
    for sku_id, quantity in lines:
        line = cart.line(sku_id)
        if line is None:
            continue
        path = _path(sku_id)
        left = line.quantity - quantity
        actions.append(path["q"].set(left) if left > 0 else path.remove())
        same: Condition = path["q"] == line.quantity
        unchanged = same if unchanged is None else unchanged & same
    return actions, unchanged


def _change_line(
    customer_id: str, sku_id: str, quantity: int, selected: bool | None
) -> Cart | None:
    path = _path(sku_id)
    actions: list[Action] = [path["q"].set(quantity)]
    if selected is not None:
        actions.append(path["s"].set(selected))
    try:
        return _update(customer_id, actions, path.exists())
    except ConditionFailed:
        return None


def _add_line(customer_id: str, line: CartLine) -> Cart | None:
    path = _path(line.sku_id)
    room: Condition = size(CartRow.lines) < MOST_LINES
    condition: Condition = present() & path.does_not_exist() & room
    try:
        return _update(customer_id, [path.set(_entry(line))], condition)
    except ConditionFailed as failed:
        if failed.old:
            cart = _cart_of(failed.old)
            if len(cart.lines) >= MOST_LINES and cart.line(line.sku_id) is None:
                raise ConflictError("cart_full", "购物车已满，请先清理") from failed
        return None


def _first_line(customer_id: str, *lines: CartLine) -> Cart | None:
    entries = {line.sku_id: _entry(line) for line in lines}
    row = CartRow(*cart_key(customer_id), lines=entries, version=1)
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return None
    return Cart(_latest_first(lines), 1)


def _update(customer_id: str, actions: list[Action], condition: Condition) -> Cart:
    row = CartRow(*cart_key(customer_id))
    return _cart_of(apply(update(row, [*actions, CartRow.version.add(1)], condition)))


def _path(sku_id: str) -> Path:
    return Path([CartRow.lines.attr_name, sku_id])


def _entry(line: CartLine) -> dict[str, object]:
    return {"q": line.quantity, "s": line.selected, "a": line.added_at}


def _cart_of(raw: Raw) -> Cart:
    return of_row(CartRow.from_raw_data(dict(raw))) if raw else Cart((), 0)


def of_row(row: CartRow) -> Cart:
    """The cart in a row."""
    lines = [
        CartLine(sku_id, int(entry["q"]), bool(entry["s"]), int(entry["a"]))
        for sku_id, entry in row.lines.as_dict().items()
    ]
    return Cart(_latest_first(lines), int(row.version))


def _latest_first(lines: Sequence[CartLine]) -> tuple[CartLine, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.added_at, line.sku_id)))
