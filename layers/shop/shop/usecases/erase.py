"""Erase a customer and keep what the law wants kept, without the person (PIPL 47).

One transaction makes them a stranger: the profile becomes a stone and their openid leads to
nobody, so that a sign-in before it is theirs and one after it makes a new customer. Passes over
their partition then remove what is left. A pass may stop anywhere and is repeated by the same
request or by the schedule. What an access token that was already out still writes, and what a
checkout still holds, goes with the last pass, after every such token has ended.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import ACCESS_SECONDS, CustomerSession
from shop.domain.order import OVER
from shop.errors import ConflictError, UnauthenticatedError, UnavailableError
from shop.store import consents, customers, erasure, orders, refunds
from shop.store.order_row import OrderRow
from shop.store.table import ORDER_PREFIX, order_no_of
from shop.store.writes import ConditionFailed, apply, together
from shop.usecases import login

RESUME_SECONDS = 60
"""When the schedule takes up an erasure whose request was cut off."""
TOKENS_END_SECONDS = ACCESS_SECONDS + 120
"""When no request can be under way that began with an access token from before."""
LOOK_AGAIN_SECONDS = 86_400
CONSENTS_KEPT_SECONDS = 3 * 365 * 86_400
_MOST_TOGETHER = 100
_KEPT = frozenset({"C", "O", "R", "H", "V"})
"""The stone, orders, refunds and their moves without the person; consents, which expire."""
_HELD_BY_ORDERS = frozenset({"K", "L"})
"""Coupon claims and purchase limits: an order that is placed or closed meanwhile needs them."""


def erase(session: CustomerSession, ring: KeyRing, *, now: int) -> None:
    """Erase the caller, or go on with it; erased already is fine.

    Raises:
        ConflictError: `orders_open`.
        UnauthenticatedError: The sign-in was ended before.
        UnavailableError: It stopped half-way; repeating goes on, and so does the schedule.
    """
    customer_id = session.customer_id
    if erasure.stone_of(customer_id) is None:
        login.require_alive(session, now=now)
        if any(_is_open(row) for row in _orders(customers.everything_of(customer_id))):
            raise ConflictError("orders_open", "还有未完成的订单，请在订单完成后再注销")
        _begin(session, ring, now)
    _pass(customer_id, now, last=False)


def resume(customer_id: str, *, now: int) -> None:
    """Go on with an erasure that is due; the schedule's part.

    Raises:
        UnavailableError: It stopped half-way, and is still due.
    """
    stone = erasure.stone_of(customer_id)
    if stone is None:
        return
    tokens_end = int(stone.erased_at) + TOKENS_END_SECONDS
    last = now >= tokens_end
    is_done = _pass(customer_id, now, last=last)
    with suppress(ConditionFailed):
        if not last:
            apply(erasure.postpone(customer_id, tokens_end))
        elif is_done:
            apply(erasure.finish(customer_id))
        else:
            apply(erasure.postpone(customer_id, now + LOOK_AGAIN_SECONDS))


def _begin(session: CustomerSession, ring: KeyRing, now: int) -> None:
    macs = login.openid_macs(ring, session.openid)
    try:
        together(erasure.begin(session.customer_id, macs, now, now + RESUME_SECONDS))
    except ConditionFailed as refused:
        old = refused.failed[0]
        if old is None:
            # The openid leads to somebody else: another request is between erasing and sign-in.
            raise UnavailableError from refused
        if not old:
            raise UnauthenticatedError from refused


def _pass(customer_id: str, now: int, *, last: bool) -> bool:
    """Remove what can go now; True when no order is open any more."""
    rows = list(customers.everything_of(customer_id))
    waiting = {order_no_of(str(row.SK)) for row in _orders(rows) if not _without_person(row)}
    gone = []
    for raw in rows:
        key = raw["PK"]["S"], raw["SK"]["S"]
        kind, _, rest = key[1].partition("#")
        if kind == "V" and "ttl" not in raw:
            apply(consents.forget_later(key, now + CONSENTS_KEPT_SECONDS))
        if kind == "R" and refunds.has_words(raw):
            apply(refunds.forget_words(key))
        if _goes(kind, rest, waiting, last=last):
            gone.append(erasure.remove(key))
    for begin in range(0, len(gone), _MOST_TOGETHER):
        together(gone[begin : begin + _MOST_TOGETHER])
    return not waiting


def _goes(kind: str, rest: str, waiting: set[str], *, last: bool) -> bool:
    if kind in _HELD_BY_ORDERS:
        return last and not waiting
    if kind == "P":
        return rest.partition("#")[0] not in waiting
    return kind not in _KEPT


def _without_person(row: OrderRow) -> bool:
    """Take the person out of an order; False while somebody waits for it."""
    if _is_open(row):
        return False
    if row.is_tombstone or (row.is_erased and row.payer is None):
        return True
    try:
        apply(orders.erase_person(row))
    except ConditionFailed:
        # A late payment has just brought it back to life.
        return False
    return True


def _is_open(row: OrderRow) -> bool:
    return row.status not in OVER


def _orders(rows: Iterable[dict[str, Any]]) -> list[OrderRow]:
    return [OrderRow.from_raw_data(raw) for raw in rows if raw["SK"]["S"].startswith(ORDER_PREFIX)]
