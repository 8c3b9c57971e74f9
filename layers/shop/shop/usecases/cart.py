"""The cart as a shopper sees it: its lines joined with what is true of their SKUs now."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.domain.cart import Cart, CartLine, merged
from shop.errors import NotFoundError, UnavailableError
from shop.store import cart as carts
from shop.store import catalogue
from shop.store.stock import SkuRow
from shop.usecases.browse import MOST_SHOWN

_ATTEMPTS = 5


class LineState(StrEnum):
    """Whether a line could be ordered now."""

    OK = "ok"
    OFF_SALE = "off_sale"
    SOLD_OUT = "sold_out"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A cart line with its SKU's present price in fen and stock (capped)."""

    line: CartLine
    title: str
    spec: str
    image_url: str
    price_fen: int
    available: int
    state: LineState


@dataclass(frozen=True, slots=True)
class ShownCart:
    """`selected_total_fen` counts selected lines that could be ordered now."""

    lines: tuple[ShownLine, ...]
    selected_total_fen: int
    version: int


def show(customer_id: str, now: int) -> ShownCart:
    """The cart now: one item and one batch."""
    return _shown(carts.read(customer_id), now)


def set_item(
    customer_id: str, sku_id: str, quantity: int, selected: bool | None, now: int
) -> ShownCart:
    """Set one line.

    Raises:
        NotFoundError: There is no such SKU.
        ConflictError: `cart_full`.
    """
    if not catalogue.skus_of([sku_id]):
        raise NotFoundError
    return _shown(carts.set_line(customer_id, sku_id, quantity, selected, now), now)


def remove_item(customer_id: str, sku_id: str, now: int) -> ShownCart:
    """Remove one line; repeating it changes nothing."""
    return _shown(carts.remove_line(customer_id, sku_id), now)


def merge(customer_id: str, kept: Sequence[tuple[str, int]], now: int) -> ShownCart:
    """Join what was kept before sign-in; SKUs that do not exist are left out.

    Raises:
        UnavailableError: The cart kept changing.
    """
    known = catalogue.skus_of([sku_id for sku_id, _ in kept])
    wanted = [(sku_id, quantity) for sku_id, quantity in kept if sku_id in known]
    for _ in range(_ATTEMPTS):
        before = carts.read(customer_id, consistent=True)
        after = carts.put_lines(customer_id, before, merged(before, wanted, now))
        if after is not None:
            return _shown(after, now)
    raise UnavailableError


def _shown(cart: Cart, now: int) -> ShownCart:
    rows = catalogue.skus_of([line.sku_id for line in cart.lines])
    lines = tuple(_line(line, rows.get(line.sku_id), now) for line in cart.lines)
    total = sum(
        shown.price_fen * shown.line.quantity
        for shown in lines
        if shown.line.selected and shown.state is LineState.OK
    )
    return ShownCart(lines, total, cart.version)


def _line(line: CartLine, row: SkuRow | None, now: int) -> ShownLine:
    if row is None:
        return ShownLine(line, "", "", "", 0, 0, LineState.OFF_SALE)
    return ShownLine(
        line=line,
        title=str(row.title),
        spec=str(row.spec),
        image_url=str(row.image_url),
        price_fen=int(row.price_fen),
        available=max(0, min(int(row.available), MOST_SHOWN)),
        state=_state(line, row, now),
    )


def _state(line: CartLine, row: SkuRow, now: int) -> LineState:
    if not row.on_sale_at(now):
        return LineState.OFF_SALE
    if row.available <= 0:
        return LineState.SOLD_OUT
    if row.available < line.quantity:
        return LineState.INSUFFICIENT
    return LineState.OK
