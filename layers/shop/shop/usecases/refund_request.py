"""The buyer asks something bought back: durable at once, decided by staff.

Whose pieces they are and how many are left is decided by one conditional write of the order's row
together with the new refund, so that two requests at once never share a piece.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.domain.ids import CustomerId
from shop.domain.order import REFUNDABLE, Actor, Order
from shop.domain.refund import TOLD_PAYER, RefundCause, RefundOrder, RefundStatus
from shop.domain.refund_book import MOST_ASKED, REFUNDABLE_SECONDS, take
from shop.errors import ConflictError, NotFoundError, UnavailableError, ValidationError
from shop.store import order_moves, orders, refunds
from shop.store.blobs import pack
from shop.store.writes import ConditionFailed, together
from shop.usecases.refund_return import ROUNDS


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked back: pieces by the line's position, each at least 1; and why."""

    pieces: Mapping[int, int]
    reason: str
    description: str = ""

    @property
    def fingerprint(self) -> str:
        """What two sendings of one request share."""
        asked = (sorted(self.pieces.items()), self.reason, self.description)
        return hashlib.sha256(pack(asked)).hexdigest()[:32]


def ask(
    ring: KeyRing, customer_id: CustomerId, order_no: str, wish: Wish, key: str, *, now: int
) -> RefundOrder:
    """Ask pieces back, once per key; a repeat finds the refund as it is now.

    Raises:
        NotFoundError: The customer has no such order.
        ValidationError: A line is not the order's; or `idempotency_key_reused`.
        ConflictError: `not_refundable`, `refund_exceeds_rest`, `refund_limit_reached`,
            `nothing_to_refund`.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    keyed = f"{wish.fingerprint}#buyer#{key}"
    for _ in range(ROUNDS):
        # The order first: a twin that comes between the two reads has changed its book.
        row = orders.read(customer_id, order_no)
        if row is None:
            raise NotFoundError
        order = row.to_domain(ring)
        known = known_by(keyed, refunds.of_order(customer_id, order_no) if row.refunds else ())
        if known:
            return known
        check(order, wish.pieces, now)
        taken = take(order.bought, order.refunds, wish.pieces, most=MOST_ASKED)
        if not taken.worth_fen:
            raise nothing_to_refund()
        refund = RefundOrder(
            customer_id=customer_id,
            order_no=order_no,
            sequence=str(taken.book.made),
            transaction_id=order.transaction_id,
            amount_fen=taken.worth_fen,
            paid_fen=order.payable_fen,
            status=RefundStatus.REQUESTED,
            reason=TOLD_PAYER[RefundCause.REQUESTED],
            cause=RefundCause.REQUESTED,
            requested_at=now,
            lines=taken.lines,
            freight_fen=taken.freight_fen,
            asked_by=Actor.BUYER,
            words=wish.reason,
            description=wish.description,
            key=keyed,
        )
        try:
            together([order_moves.keep_book(row, taken.book, now), refunds.ask(refund)])
        except ConditionFailed:
            # Another request, or an earlier send of this one: look again and decide.
            continue
        return refund
    raise UnavailableError


def known_by(keyed: str, made: Iterable[RefundOrder]) -> RefundOrder | None:
    """The refund that a key made, among an order's.

    Args:
        keyed: The request's fingerprint, and behind its first `#` whose key it is.
        made: The order's refunds.

    Raises:
        ValidationError: `idempotency_key_reused`: the key made another one.
    """
    fingerprint, _, key = keyed.partition("#")
    for one in made:
        its_fingerprint, _, its_key = one.key.partition("#")
        if its_key == key:
            if its_fingerprint != fingerprint:
                raise ValidationError("idempotency_key_reused", "Idempotency-Key 已用于其他请求")
            return one
    return None


def check(order: Order, pieces: Mapping[int, int], now: int) -> None:
    """Whether these lines of the order can be asked back at all.

    Raises:
        ValidationError: A line is not the order's.
        ConflictError: `not_refundable`.
    """
    if any(not 1 <= at <= len(order.lines) for at in pieces):
        raise ValidationError(errors=[{"field": "$.lines", "message": "unknown line_id"}])
    if order.status not in REFUNDABLE or now >= order.paid_at + REFUNDABLE_SECONDS:
        raise ConflictError("not_refundable", "订单当前状态不能申请退款")


def nothing_to_refund() -> ConflictError:
    """The refusal of pieces that cost nothing."""
    return ConflictError("nothing_to_refund", "所选商品没有可退金额")
