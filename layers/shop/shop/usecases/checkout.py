"""One quote token becomes at most one order (`design.md` 1): durable first, WeChat afterwards.

Order, stock of every line, coupons and purchase limits are one atomic write that also checks price
version and on-sale state, so nothing is read before it; why it failed is known from the failed
write itself. The order's own create-if-absent is the idempotency record: the same token resumes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.crypto import order_no as order_numbers
from shop.crypto.order_tokens import open_quote
from shop.crypto.sessions import CustomerSession
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Actor, Order, OrderStatus
from shop.domain.order_token import OrderToken
from shop.domain.payment import PayParams
from shop.domain.quote_line import QuoteLine
from shop.errors import ConflictError, NotFoundError
from shop.store import orders, stock
from shop.store.order_row import OrderRow
from shop.store.stock import SkuRow
from shop.store.writes import ConditionFailed, Raw, Write, together
from shop.telemetry import about, metrics
from shop.usecases.deps import Deps
from shop.usecases.pay import Checkout, params_for

Requote = Callable[[OrderToken], object]


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, how to pay it (None when it cannot be paid now), and whether it is new."""

    order: Order
    payment: PayParams | None
    created: bool


def place(
    quote_token: str,
    remark: str,
    session: CustomerSession,
    deps: Deps,
    requote: Requote,
    *,
    now: int,
) -> Placed:
    """Turn a quote into an order, or find the order it made.

    Args:
        quote_token: From `POST /v1/quotes`.
        remark: The buyer's note, cleaned; counts only for a new order.
        session: Who is calling; another customer's token is not found.
        deps: Keys, gateway, windows.
        requote: Makes the contract's quote body for a 409.
        now: UTC seconds.

    Raises:
        InvalidError: The token is not ours.
        NotFoundError: It is another customer's.
        ConflictError: `insufficient_stock`, `coupon_unavailable`, `quote_changed`,
            `quote_expired`, `purchase_limit_reached`; nothing is held.
        ProviderError: The order is durable, WeChat is not reachable; the same token resumes.
        UnavailableError: The store is busy; the same token resumes.
    """
    ring = deps.ring()
    token = open_quote(ring, quote_token)
    if token.customer_id != session.customer_id:
        raise NotFoundError
    order_no = order_numbers.derive(ring, token.nonce, token.issued_at, token.key_version)
    about(order_no)
    order, created = _order(token, order_no, remark, deps, requote, now)
    checkout = Checkout(deps.gateway(), deps.entropy(16).hex(), now)
    return Placed(order, params_for(order, token.openid, checkout), created)


def _order(
    token: OrderToken, order_no: OrderNo, remark: str, deps: Deps, requote: Requote, now: int
) -> tuple[Order, bool]:
    """The token's order, and whether this call made it."""
    customer_id = CustomerId(token.customer_id)
    if now >= token.expires_at:
        row = orders.read(customer_id, order_no)
        if row is None:
            raise ConflictError("quote_expired", "报价已过期，请确认新的价格", quote=requote(token))
        return row.to_domain(deps.ring()), False
    order = Order(
        order_no=order_no,
        customer_id=customer_id,
        status=OrderStatus.TO_PAY,
        version=1,
        lines=token.lines,
        goods_total_fen=token.goods_total_fen,
        discount_total_fen=token.discount_total_fen,
        freight_fen=token.freight_fen,
        payable_fen=token.payable_fen,
        claim_ids=token.claim_ids,
        claim_savings=token.claim_savings,
        address=token.address,
        remark=remark,
        from_cart=token.from_cart,
        created_at=now,
        pay_before=now + deps.pay_window_seconds,
    )
    writes = _writes(order, token.openid, deps, now)
    try:
        together(writes)
    except ConditionFailed as refused:
        existing = refused.failed[0]
        if existing is None:
            raise _refusal(order, refused.failed[1:], token, requote) from refused
        return OrderRow.of(existing).to_domain(deps.ring()), False
    metrics.add_metric(name="OrderPlaced", unit="Count", value=1)
    return order, True


def _writes(order: Order, openid: str, deps: Deps, now: int) -> list[Write]:
    """Order first, then lines, coupons and limits in this order: `_refusal` relies on it."""
    customer_id = order.customer_id
    return [
        orders.place(deps.ring(), order, openid, actor=Actor.BUYER),
        *(stock.take(line.sku_id, line.quantity, line.price_version, now) for line in order.lines),
        *_holds(order, now),
        *(
            stock.count_limit(customer_id, line.sku_id, line.quantity, line.limit)
            for line in _limited(order.lines)
            if line.limit is not None
        ),
    ]


def _holds(order: Order, now: int) -> list[Write]:
    if not order.claim_ids:
        return []
    # A fresh process that serves an order without coupons starts sooner without them.
    from shop.store import coupons

    customer_id, order_no = order.customer_id, order.order_no
    return [coupons.hold(customer_id, claim_id, order_no, now) for claim_id in order.claim_ids]


def _limited(lines: tuple[QuoteLine, ...]) -> list[QuoteLine]:
    return [line for line in lines if line.limit is not None]


def _refusal(
    order: Order, failed: tuple[Raw | None, ...], token: OrderToken, requote: Requote
) -> ConflictError:
    """The contract's answer for the conditions that did not hold."""
    lines = list(zip(order.lines, failed, strict=False))
    short = [
        line.sku_id for line, old in lines if old and _is_only_short(line, old, order.created_at)
    ]
    changed = [line.sku_id for line, old in lines if old is not None and line.sku_id not in short]
    claims = failed[len(order.lines) : len(order.lines) + len(order.claim_ids)]
    if changed:
        return ConflictError(
            "quote_changed", "商品信息有变化，请确认新的价格", sku_ids=changed, quote=requote(token)
        )
    if short:
        return ConflictError(
            "insufficient_stock", "部分商品库存不足", sku_ids=short, quote=requote(token)
        )
    if any(old is not None for old in claims):
        return ConflictError("coupon_unavailable", "优惠券不可用", quote=requote(token))
    over = failed[len(order.lines) + len(order.claim_ids) :]
    limited = [
        line.sku_id
        for line, old in zip(_limited(order.lines), over, strict=True)
        if old is not None
    ]
    return ConflictError(
        "purchase_limit_reached", "超出限购数量", sku_ids=limited, quote=requote(token)
    )


def _is_only_short(line: QuoteLine, old: Raw, now: int) -> bool:
    """Whether the SKU is as quoted and merely has too few pieces."""
    row = SkuRow.from_raw_data(dict(old))
    return (
        row.on_sale_at(now)
        and int(row.price_version) == line.price_version
        and int(row.available) < line.quantity
    )
