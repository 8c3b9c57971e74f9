"""Orders end by themselves some days after their last parcel was signed for; the schedule's part.

A shipped order is looked at once a day until all its parcels are signed for; the buyer is reminded
the day before the end. What was not signed for, or went back, never ends an order here.
"""

from contextlib import suppress

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.messages import Fact, MessageKind
from shop.domain.order import Actor, OrderStatus
from shop.domain.shipment import ParcelState
from shop.store import order_moves, orders, parcels, shipping_moves
from shop.store.parcels import ParcelRow
from shop.store.table import Key, customer_of, order_no_of
from shop.store.writes import ConditionFailed, apply, together
from shop.usecases import messages, tidings
from shop.usecases.messages import Messenger

DAY_SECONDS = 86_400
LOOK_AGAIN_SECONDS = DAY_SECONDS
REMINDED_BEFORE_SECONDS = DAY_SECONDS


def pursue(key: Key, messenger: Messenger, days: int, now: int) -> None:
    """Take one shipped order one step towards its end, if it is due; repeating is harmless.

    Args:
        key: The order's.
        messenger: Reminds the buyer.
        days: How long after the last signature it ends, at least 2.
        now: UTC seconds.

    Raises:
        UnavailableError: The store did not answer; it is due again within a minute.
    """
    customer_id, order_no = CustomerId(customer_of(key[0])), OrderNo(order_no_of(key[1]))
    row = orders.read(customer_id, order_no)
    if row is None or row.status != OrderStatus.TO_RECEIVE or int(row.due_at or now + 1) > now:
        return
    sent = list(parcels.of_order(customer_id, order_no, consistent=True))
    if not sent or any(one.state != ParcelState.SIGNED for one in sent):
        _look_again(customer_id, order_no, now + LOOK_AGAIN_SECONDS)
        return
    ends = max(int(one.as_of) for one in sent) + days * DAY_SECONDS
    if now >= ends:
        _receive(customer_id, order_no, sent, now)
        return
    reminded = ends - REMINDED_BEFORE_SECONDS
    if now < reminded:
        _look_again(customer_id, order_no, reminded)
        return
    told: dict[Fact, str | int] = {
        Fact.ORDER_NO: order_no,
        Fact.GOODS: tidings.goods_of(row),
        Fact.TIME: ends,
    }
    kind = MessageKind.RECEIPT_ENDING
    messages.send(messenger, customer_id, kind, order_no, lambda: told, at=now, now=now)
    _look_again(customer_id, order_no, ends)


def _look_again(customer_id: CustomerId, order_no: OrderNo, at: int) -> None:
    # Received meanwhile: then nothing is due any more.
    with suppress(ConditionFailed):
        apply(shipping_moves.receipt_due(customer_id, order_no, at))


def _receive(customer_id: CustomerId, order_no: OrderNo, sent: list[ParcelRow], now: int) -> None:
    received = order_moves.received(customer_id, order_no, actor=Actor.SCHEDULE, now=now)
    # A parcel that turns out not to have arrived, or a buyer who was quicker: nothing changes.
    with suppress(ConditionFailed):
        together([received, *(parcels.arrived(one, now) for one in sent)])
