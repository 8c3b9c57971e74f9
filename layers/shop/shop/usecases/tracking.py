"""Where parcels are: pushes as they come, and a live look-up when a parcel has been quiet.

The buyer reads what is stored. The courier is asked about one number at most every 30 minutes,
whoever looks and however many parcels bear it; a courier that does not answer leaves the stored
story, which says how old it is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Order
from shop.domain.shipment import Tracking
from shop.errors import MisconfiguredError, NotFoundError, ProviderError
from shop.store import orders, parcels, reports
from shop.store.parcels import ParcelRow
from shop.store.table import Key, customer_of, order_of_part
from shop.store.writes import ConditionFailed, apply, together
from shop.telemetry import about, logger, metrics
from shop.usecases import couriers
from shop.usecases.ports import LiveTracker, ParcelTracker

ASK_EVERY_SECONDS = 1_800
"""Kuaidi100 locks a number that is asked about more than once in half an hour."""
TRY_AGAIN_SECONDS = 1_860
"""Kuaidi100 takes a number that it gave up again after half an hour."""
MOST_SUBSCRIPTIONS = 4
"""Of one number in a month (`providers` 3.1)."""
PUSH_PATH = "/v1/notify/kuaidi100/"
_PURPOSE = "parcel"


@dataclass(frozen=True, slots=True)
class ParcelName:
    """Which parcel: its order, and its number within it."""

    customer_id: CustomerId
    order_no: OrderNo
    number: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What subscribing takes."""

    ring: Callable[[], KeyRing]
    tracker: Callable[[], ParcelTracker]
    base_url: str


def follow(order: Order, live: Callable[[str], LiveTracker], *, now: int) -> list[ParcelRow]:
    """An order's parcels; the courier is asked about a quiet one.

    Args:
        order: Whose parcels.
        live: Who is asked about a courier's parcels, by the courier's code.
        now: UTC seconds.
    """
    rows = []
    for row in parcels.of_order(order.customer_id, order.order_no):
        quiet = now - max(int(row.updated_at), int(row.asked_at)) >= ASK_EVERY_SECONDS
        if quiet and not row.finished:
            with suppress(ProviderError, MisconfiguredError, ConditionFailed, NotFoundError):
                _ask(order, row, live(row.company), now)
            row = parcels.read(order.customer_id, order.order_no, row.number) or row  # noqa: PLW2901
        rows.append(row)
    return rows


def _ask(order: Order, row: ParcelRow, live: LiveTracker, now: int) -> None:
    apply(parcels.may_ask(order.customer_id, order.order_no, row.number, now, ASK_EVERY_SECONDS))
    apply(parcels.may_ask_about(row.tracking_no, now, ASK_EVERY_SECONDS))
    told = live.query(row.company, row.tracking_no, order.address.phone[-4:])
    hear(ParcelName(order.customer_id, order.order_no, row.number), told, now=now)


def subscribe(key: Key, subscriber: Subscriber, now: int) -> None:
    """Ask the courier for pushes about a parcel that has none yet; repeating is harmless.

    A courier that refuses must not hold anything up: it is asked again when due, and the buyer's
    look-up asks it too.

    Raises:
        UnavailableError: The store did not answer.
    """
    row = parcels.by_key(key)
    if row is None or row.due_work is None:
        return
    customer_id, order_no = CustomerId(customer_of(key[0])), OrderNo(order_of_part(key[1]))
    order = orders.read(customer_id, order_no)
    if order is None or order.is_erased or row.finished:
        _subscribe_at(row, None)
        return
    ring = subscriber.ring()
    token = push_token(ring, ParcelName(customer_id, order_no, row.number))
    phone = order.to_domain(ring).address.phone
    try:
        subscriber.tracker().subscribe(
            row.company, row.tracking_no, phone[-4:], f"{subscriber.base_url}{PUSH_PATH}{token}"
        )
    except (ProviderError, MisconfiguredError) as failure:
        logger.warning("no subscription", order_no=order_no, cause=str(failure))
        metrics.add_metric(name="SubscriptionFailed", unit="Count", value=1)
        can_succeed = isinstance(failure, ProviderError) and failure.retryable
        _subscribe_at(row, now + TRY_AGAIN_SECONDS if can_succeed else None)
        return
    with suppress(ConditionFailed):
        apply(parcels.subscribed(row))


def _subscribe_at(row: ParcelRow, at: int | None) -> None:
    # A corrected number has a subscription of its own.
    with suppress(ConditionFailed):
        apply(parcels.subscribe_at(row, at))


def push_token(ring: KeyRing, name: ParcelName) -> str:
    """What the callback address of one parcel ends with; only we can make it."""
    plain = f"{name.customer_id}|{name.order_no}|{name.number}"
    return seal_text(ring, _PURPOSE, plain.encode())


def parcel_of(ring: KeyRing, token: str) -> ParcelName:
    """The parcel behind a callback address.

    Raises:
        NotFoundError: We did not make it.
    """
    try:
        customer_id, order_no, number = unseal_text(ring, _PURPOSE, token).decode().split("|")
    except (UnsealError, ValueError) as bad:
        raise NotFoundError from bad
    return ParcelName(CustomerId(customer_id), OrderNo(order_no), int(number))


def hear(name: ParcelName, told: Tracking, *, now: int) -> bool:
    """Replace a parcel's story with a newer one.

    A courier that turned out to be another is told to WeChat; a number that the tracker gave up is
    subscribed again.

    Returns:
        False when the stored story is newer, or the number was corrected meanwhile.

    Raises:
        NotFoundError: There is no such parcel, or it does not bear this number.
        UnavailableError: The store did not answer.
    """
    about(name.order_no)
    row = parcels.read(name.customer_id, name.order_no, name.number)
    if row is None or row.tracking_no.casefold() != told.tracking_no.casefold():
        raise NotFoundError
    told = replace(told, company=told.company or row.company)
    if told.given_up and not row.finished and int(row.subscriptions) < MOST_SUBSCRIPTIONS:
        _subscribe_at(row, now + TRY_AGAIN_SECONDS)
    writes = [parcels.tell(row, told, now)]
    if couriers.wechat_id(told.company, now) != couriers.wechat_id(row.company, now):
        writes.append(reports.want(name.customer_id, name.order_no, now))
    try:
        together(writes) if len(writes) > 1 else apply(writes[0])
    except ConditionFailed:
        return False
    return True
