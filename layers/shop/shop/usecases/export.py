"""Everything held about a customer, for the customer (PIPL 45)."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from shop.crypto.keyring import KeyRing
from shop.domain.address_book import AddressBook
from shop.domain.calendar import business_day, seconds_left
from shop.domain.cart import Cart
from shop.domain.consent import Consent
from shop.domain.coupon import CouponClaim
from shop.domain.customer import Profile
from shop.domain.order import Order
from shop.domain.refund import RefundOrder
from shop.errors import TooManyRequestsError, UnauthenticatedError
from shop.store import cart, customers, daily_counts, personal_reads
from shop.store.addresses import AddressBookRow, open_book
from shop.store.cart import CartRow
from shop.store.consents import ConsentRow
from shop.store.coupons import ClaimRow
from shop.store.customers import CustomerRow, SessionRow
from shop.store.history import HistoryRow
from shop.store.messages import SubscriptionRow
from shop.store.order_row import OrderRow
from shop.store.parcels import ParcelRow
from shop.store.refunds import RefundRow
from shop.store.searches import SearchesRow
from shop.store.stock import LimitRow
from shop.usecases import profile, searching

MOST_A_DAY = 3
EXPORT = "export"
ACTOR = "customer"


@dataclass(frozen=True, slots=True)
class Held:
    """What is held, opened. Bookkeeping that expires within days and names nobody is left out."""

    profile: Profile
    unionid: str
    seen_at: int
    sign_ins: list[SessionRow]
    book: AddressBook
    cart: Cart
    consents: list[Consent]
    claims: list[CouponClaim]
    orders: list[Order]
    moves: list[HistoryRow]
    parcels: list[ParcelRow]
    refunds: list[RefundOrder]
    limits: list[LimitRow]
    subscriptions: list[SubscriptionRow]
    searches: list[tuple[str, int]]


def export(ring: KeyRing, customer_id: str, request_id: str, *, now: int) -> Held:
    """Everything held about a customer, three times a day; the reading is logged first.

    Raises:
        TooManyRequestsError: Three exports were made today (Shanghai).
        UnauthenticatedError: The customer is gone.
    """
    day = business_day(now)
    if not daily_counts.count(customer_id, EXPORT, day, request_id, most=MOST_A_DAY, now=now):
        raise TooManyRequestsError(seconds_left(now), "今天的导出次数已用完，请明天再试")
    personal_reads.log(ACTOR, customer_id, EXPORT, request_id, now)
    rows: defaultdict[str, list[Any]] = defaultdict(list)
    for raw in customers.everything_of(customer_id):
        rows[raw["SK"]["S"].partition("#")[0]].append(raw)
    person = next((CustomerRow.from_raw_data(raw) for raw in rows["C"]), None)
    if person is None or person.is_erased:
        raise UnauthenticatedError
    orders = [OrderRow.from_raw_data(raw) for raw in rows["O"]]
    return Held(
        profile=profile.opened(ring, person),
        unionid=profile.unionid(ring, person),
        seen_at=int(person.seen_at),
        sign_ins=[SessionRow.from_raw_data(raw) for raw in rows["S"]],
        book=_book(ring, customer_id, rows["A"]),
        cart=_cart(rows["B"]),
        consents=[ConsentRow.from_raw_data(raw).consent() for raw in rows["V"]],
        claims=[ClaimRow.from_raw_data(raw).claim() for raw in rows["K"]],
        orders=[row.to_domain(ring) for row in orders if not row.is_tombstone],
        moves=[HistoryRow.from_raw_data(raw) for raw in rows["H"]],
        parcels=[ParcelRow.from_raw_data(raw) for raw in rows["P"]],
        refunds=[RefundRow.from_raw_data(raw).to_domain() for raw in rows["R"]],
        limits=[LimitRow.from_raw_data(raw) for raw in rows["L"]],
        subscriptions=[SubscriptionRow.from_raw_data(raw) for raw in rows["N"]],
        searches=[
            one
            for raw in rows["W"]
            for one in searching.history_of_row(
                ring, customer_id, SearchesRow.from_raw_data(raw), now
            )
        ],
    )


def _book(ring: KeyRing, customer_id: str, raws: list[Any]) -> AddressBook:
    books = [open_book(ring, customer_id, AddressBookRow.from_raw_data(raw)) for raw in raws]
    return books[0] if books else AddressBook()


def _cart(raws: list[Any]) -> Cart:
    carts = [cart.of_row(CartRow.from_raw_data(raw)) for raw in raws]
    return carts[0] if carts else Cart((), 0)
