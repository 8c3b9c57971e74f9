"""The net under lost notices: WeChat is asked about orders that wait for their money.

An order that can be paid is asked about one, three, five and ten minutes after it was placed, and a
last time when its window ends, by the sweep that closes it (`providers` 2.4). The due index already
sorts waiting orders by the end of their window, which is their age: each run reads only the minutes
whose turn it is, so a plan costs no write and no attribute, and paid orders have left the index. A
run that is missed is made up for by the next age (`docs/adr/0011`).

Flash orders are found through their shards, wait five minutes in all, and are asked about by the
buyer's "I have paid" and at the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import OrderStatus
from shop.domain.payment import TradeState
from shop.errors import ProviderError, ShopError
from shop.store import orders, runs
from shop.store.order_row import OrderRow
from shop.store.table import DUE_SHARDS, Key, customer_of, order_no_of
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics, of_order, told
from shop.usecases.deps import Deps
from shop.usecases.order_payment import ASK_EVERY_SECONDS
from shop.usecases.settle import settle

SCHEDULE = "payment_queries"
AGES_SECONDS = (60, 180, 300, 600)
MINUTE = 60
PAGE = 100
RESERVE_SECONDS = 6.0
"""Left at the end of a run: one provider call with its retries and the writes after it."""
PATIENCE = 3
"""A run ends when WeChat fails so often in a row; the next age asks again."""
_UNPAID = frozenset({OrderStatus.TO_PAY, OrderStatus.CLOSING})


@dataclass(slots=True)
class Asked:
    """What one run did."""

    asked: int = 0
    paid: int = 0
    failed: int = 0
    finished: bool = True


def ask_round(deps: Deps, remaining: Callable[[], float], clock: Callable[[], int]) -> Asked:
    """Ask about the orders whose turn it is in this minute.

    Args:
        deps: Keys, gateway, the length of the window.
        remaining: Seconds until the function is stopped.
        clock: UTC seconds.

    Raises:
        UnavailableError: The due index did not answer.
    """
    done = Asked()
    minute = clock() // MINUTE * MINUTE
    failures = 0
    for key in _turn(minute, deps.pay_window_seconds):
        if remaining() <= RESERVE_SECONDS or failures >= PATIENCE:
            done.finished = False
            break
        with of_order(order_no_of(key[1])):
            try:
                _ask(key, deps, clock(), done)
                failures = 0
            except ShopError as failure:
                failures += isinstance(failure, ProviderError)
                done.failed += 1
                logger.warning("not asked", cause=told(failure))
    metrics.add_metric(name="PaymentFoundByAsking", unit="Count", value=done.paid)
    metrics.add_metric(name="PaymentQueriesRan", unit="Count", value=1)
    runs.ended(SCHEDULE, clock())
    return done


def _turn(minute: int, window: int) -> Iterator[Key]:
    """Orders placed within the minute that ended an age ago, the youngest age first."""
    first = minute // MINUTE
    for age in AGES_SECONDS:
        if age >= window:
            return
        ends = minute - age + window + orders.GRACE_SECONDS
        for turn in range(DUE_SHARDS):
            shard = (first + turn) % DUE_SHARDS
            yield from orders.due_between(orders.UNPAID, shard, ends - MINUTE, ends, PAGE)


def _ask(key: Key, deps: Deps, now: int, done: Asked) -> None:
    customer_id, order_no = CustomerId(customer_of(key[0])), OrderNo(order_no_of(key[1]))
    try:
        row = OrderRow.of(apply(orders.may_ask(customer_id, order_no, now, ASK_EVERY_SECONDS)))
    except ConditionFailed:
        return
    if row.status not in _UNPAID or row.transaction_id or not row.prepay_id:
        # Without a prepay id nobody was ever handed anything to pay with.
        return
    done.asked += 1
    payment = deps.gateway().query(order_no)
    if payment.state is TradeState.SUCCESS:
        settle(payment, customer_id, deps, now=now)
        done.paid += 1
