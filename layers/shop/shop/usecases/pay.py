"""Hand a buyer what is needed to pay an order that can be paid.

The order is durable before WeChat is called. WeChat's handle is stored before it is handed out, and
only while the order is still TO_PAY, so that no parameters exist for an order being closed.
"""

from dataclasses import dataclass

from shop.domain.order import Order, description
from shop.domain.payment import PayParams, PrepayRequest
from shop.errors import ConflictError
from shop.store import orders
from shop.store.writes import ConditionFailed, apply
from shop.usecases.ports import PaymentGateway

_NO_LONGER_PAYABLE = frozenset({"payment_closed", "already_paid"})


@dataclass(frozen=True, slots=True)
class Checkout:
    """What one call of the pay flow needs besides the order."""

    gateway: PaymentGateway
    nonce: str
    now: int


def params_for(order: Order, openid: str, checkout: Checkout) -> PayParams | None:
    """Payment parameters, freshly signed; None when the order can no longer be paid.

    None also when WeChat says that it has the money already: asking about the order shows it.

    Args:
        order: An order; only a TO_PAY order within its window is paid.
        openid: The payer.
        checkout: The gateway, a fresh nonce and the time.

    Raises:
        ConflictError: `out_trade_no_used`: WeChat knows other values under this number.
        ProviderError: WeChat gave no usable answer; the order stays and can be tried again.
        UnavailableError: The store gave none.
    """
    if not order.payable_now or checkout.now >= order.pay_before:
        return None
    prepay_id = order.prepay_id
    if not prepay_id:
        try:
            prepay_id = checkout.gateway.prepay(_request(order, openid))
        except ConflictError as refused:
            if refused.code in _NO_LONGER_PAYABLE:
                return None
            raise
        try:
            apply(orders.keep_prepay(order.customer_id, order.order_no, prepay_id))
        except ConditionFailed:
            return None
    return checkout.gateway.sign_params(prepay_id, now=checkout.now, nonce=checkout.nonce)


def _request(order: Order, openid: str) -> PrepayRequest:
    return PrepayRequest(
        out_trade_no=order.order_no,
        description=description(order.lines),
        total_fen=order.payable_fen,
        openid=openid,
        attach=order.customer_id,
        expires_at=order.pay_before,
    )
