"""What WeChat pushes: an order whose receipt it has confirmed is done once WeChat says so itself.

The push alone moves nothing: whoever knows the push's token could otherwise end orders.
"""

from contextlib import suppress

from shop.domain.ids import OrderNo
from shop.domain.order import Actor
from shop.domain.shipping_report import RECEIVED_STATES
from shop.domain.wechat_event import SETTLEMENT, WechatEvent
from shop.errors import ProviderError
from shop.store import days, order_moves, orders, wechat_events
from shop.store.wechat_events import EventRow
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import about, logger, metrics
from shop.usecases.report_shipping import Teller

LOOK_AGAIN_SECONDS = 600
GIVEN_UP_SECONDS = 6 * 86_400
"""Within the week that an event is kept."""


def take(event: WechatEvent, *, now: int) -> None:
    """Keep a verified event, once, for the schedule; those of no use are let go without a call.

    WeChat waits five seconds, so nobody is asked here.

    Raises:
        UnavailableError: It is not durable; it must come again.
    """
    if event.name != SETTLEMENT or not event.receipt_confirmed:
        metrics.add_metric(name="WechatEventIgnored", unit="Count", value=1)
        return
    about(event.order_no)
    wechat_events.keep(event, now)


def act(key: tuple[str, str], teller: Teller, now: int) -> None:
    """Take one kept event one step on.

    Raises:
        ProviderError: WeChat gave no usable answer; it is asked again when due.
        UnavailableError: The store did not answer.
    """
    row = wechat_events.read(key)
    if row is None or row.due_work is None:
        return
    about(row.order_no)
    try:
        is_settled = _confirmed(row, teller, now) or now - int(row.at) > GIVEN_UP_SECONDS
    except ProviderError:
        _put_off(row, now)
        raise
    if is_settled:
        apply(wechat_events.done(row))
    else:
        _put_off(row, now)


def _put_off(row: EventRow, now: int) -> None:
    with suppress(ConditionFailed):
        apply(wechat_events.later(row, now + LOOK_AGAIN_SECONDS))


def _confirmed(row: EventRow, teller: Teller, now: int) -> bool:
    """Whether nothing is left to do; the order is DONE then if it can be."""
    customer_id = days.customer_of_order(row.order_no)
    order = orders.read(customer_id, row.order_no) if customer_id else None
    if customer_id is None or order is None or order.transaction_id != row.transaction_id:
        logger.warning("settlement of an unknown order", transaction_id=row.transaction_id)
        metrics.add_metric(name="WechatEventUnknown", unit="Count", value=1)
        return True
    known = teller.duty().known(row.transaction_id)
    if known is None or known.state not in RECEIVED_STATES:
        return False
    with suppress(ConditionFailed):
        # Done already, or not shipped whole here: then nothing changes.
        apply(order_moves.received(customer_id, OrderNo(row.order_no), actor=Actor.WECHAT, now=now))
    return True
