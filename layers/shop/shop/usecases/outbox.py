"""What follows from a stored change, read from the table's stream.

A record comes at least once, so each step is idempotent. Nothing here decides anything: losing a
step would lose a copy, never the truth.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shop.domain.ledger import of_refund
from shop.domain.order import OrderStatus
from shop.domain.refund import RefundStatus
from shop.errors import MisconfiguredError, ProviderError
from shop.store import cart, coupons, days, history, ledger, publications, refunds
from shop.store.order_row import OrderRow
from shop.store.table import (
    COUPON_PREFIX,
    ORDER_PREFIX,
    POOL_SORT_KEY,
    REFUND_PREFIX,
    customer_of,
    is_described,
    order_no_of,
    order_of_part,
    report_key,
)
from shop.store.writes import ConditionFailed, Write, apply
from shop.usecases import coupon_follow, flash_release, report_shipping, tidings, tracking
from shop.usecases.close_order import attempt_of
from shop.usecases.deps import Deps
from shop.usecases.messages import Messenger
from shop.usecases.ports import ParcelTracker, ShippingDuty
from shop.usecases.refund import pursue
from shop.usecases.report_shipping import Teller
from shop.usecases.tracking import Subscriber

Image = Mapping[str, Mapping[str, Any]]
_PAID = frozenset({OrderStatus.TO_SHIP, OrderStatus.TO_RECEIVE, OrderStatus.DONE})


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where effects leave to."""

    deps: Deps
    tracker: Callable[[], ParcelTracker]
    base_url: str
    duty: Callable[[], ShippingDuty]
    messenger: Messenger
    publish: Callable[[int], None]


def handle(old: Image | None, new: Image | None, outlets: Outlets, *, now: int) -> None:
    """Do what follows from one stored change.

    Args:
        old: The row before, binary values decoded; None for a new row, and where it is not known
            what had been done for the row before, so that everything is done again.
        new: The row after; None for a removed row.
        outlets: Keys and vendors.
        now: UTC seconds.

    Raises:
        ShopError: A step failed and the record must come again.
    """
    if new is None:
        return
    sort_key = str(new["SK"]["S"])
    if is_described(str(new["PK"]["S"]), sort_key):
        # Durable first: a start that is refused, or a run that dies, is the schedule's to repeat.
        publications.want(now)
        outlets.publish(now)
        return
    if new["PK"]["S"].startswith(COUPON_PREFIX) and sort_key == POOL_SORT_KEY:
        coupon_follow.pool_changed(old, new, now)
    if not new["PK"]["S"].startswith("C#"):
        return
    if sort_key.startswith(ORDER_PREFIX):
        _order(old, OrderRow.of(new), outlets, now)
    elif sort_key.startswith(REFUND_PREFIX):
        _refund(old, new, outlets, now)
    elif sort_key.startswith("P#") and (old is None or old["tn"] != new["tn"]):
        _parcel(new, outlets, now)
    tidings.follow(old, new, outlets.messenger, now)


def _order(old: Image | None, row: OrderRow, outlets: Outlets, now: int) -> None:
    if row.is_tombstone or (old and int(old["v"]["N"]) == int(row.version)):
        return
    customer_id, order_no = customer_of(str(row.PK)), order_no_of(str(row.SK))
    apply(history.note(row))
    _unless_done(days.show(row))
    if row.paid_at and not (old and "p" in old):
        ledger.enter(ledger.of_order_row(row))
    if old is None and now - int(row.created_at) < cart.CLEARING_SECONDS:
        order = row.to_domain(outlets.deps.ring())
        if order.from_cart:
            lines = [(line.sku_id, line.quantity) for line in order.lines]
            cart.leave_cart(customer_id, order_no, lines, now)
    if row.status == OrderStatus.TO_SHIP or (old is None and row.status in _PAID):
        for claim_id in row.claim_ids:
            _unless_done(coupons.mark_used(customer_id, claim_id, order_no))
        coupon_follow.order_paid(row, now)
        if row.sale_shard is not None:
            order = row.to_domain(outlets.deps.ring())
            flash_release.settle(
                order.sale_id, order.customer_id, attempt_of(order), order.sale_shard
            )


def _refund(old: Image | None, new: Image, outlets: Outlets, now: int) -> None:
    refund = refunds.of_raw(new)
    if refund.status is RefundStatus.SUCCESS and refund.amount_fen:
        ledger.enter(of_refund(refund))
    elif refund.status is RefundStatus.PENDING and not (old and old["st"] == new["st"]):
        # The schedule finds it too, so a silent WeChat must not hold up what else is in the stream.
        with suppress(ProviderError, MisconfiguredError):
            pursue(refund, outlets.deps, now)


def _parcel(new: Image, outlets: Outlets, now: int) -> None:
    # What a vendor does not hear now, the schedule tells it.
    subscriber = Subscriber(outlets.deps.ring, outlets.tracker, outlets.base_url)
    tracking.subscribe((new["PK"]["S"], new["SK"]["S"]), subscriber, now)
    key = report_key(order_of_part(new["SK"]["S"]))
    report_shipping.pursue(key, Teller(outlets.deps.ring, outlets.duty), now)


def _unless_done(write: Write) -> None:
    """A condition that does not hold means that it has been done, or overtaken."""
    try:
        apply(write)
    except ConditionFailed:
        return
