"""Staff's money out: within a limit at once, above it with a second person.

What counts against the limit is all that was ever granted of the order, so that no limit is passed
in small steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shop.crypto.keyring import KeyRing
from shop.domain.order import OrderStatus
from shop.domain.refund import TOLD_PAYER, RefundCause, RefundOrder, RefundStatus
from shop.domain.refund_book import RefundBook, grant, take
from shop.errors import NotFoundError, UnavailableError
from shop.store import order_moves, orders, refunds, staff
from shop.store.order_row import OrderRow
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, together
from shop.telemetry import about
from shop.usecases import approvals, staff_writes
from shop.usecases.refund_decision import checked_amount, find, grant_as_read, noted, stopping
from shop.usecases.refund_request import check, known_by, nothing_to_refund
from shop.usecases.refund_return import ROUNDS


@dataclass(frozen=True, slots=True)
class Decision:
    """A refund as it is now, and the request that waits where a second person is needed."""

    refund: RefundOrder
    approval_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff give back: pieces by position, for less than their worth if `amount_fen` says."""

    order_no: str
    pieces: Mapping[int, int]
    amount_fen: int | None = None


def approve(
    write: StaffWrite, refund_no: str, amount_fen: int | None, *, most_fen: int
) -> Decision:
    """Grant what the buyer asked for, or ask for a second person.

    Args:
        write: Who does it, and under which key.
        refund_no: Which one.
        amount_fen: What goes back, if less than was asked.
        most_fen: What one member of staff may grant of one order.

    Raises:
        NotFoundError, ValidationError, ConflictError, UnavailableError: As `grant_request`.
    """
    case = find(refund_no)
    for _ in range(ROUNDS):
        refund = case.refund
        amount = checked_amount(amount_fen, refund.amount_fen, refund.worth_fen)
        waits = refund.status is RefundStatus.REQUESTED
        if waits and case.book.granted_fen + amount > most_fen:
            asked = approvals.ask(write, approvals.Kind.REFUND, {"amount_fen": amount})
            return Decision(refund, str(asked.SK))
        # What was granted meanwhile counts too, so the limit is judged again with every reading.
        granted = grant_as_read(write, case, amount_fen)
        if granted is not None:
            return Decision(granted)
        case = case.read_again()
    raise UnavailableError


def create(write: StaffWrite, ring: KeyRing, wanted: Wanted, *, most_fen: int) -> Decision:
    """Begin a refund without a request of the buyer; once per key.

    Raises:
        NotFoundError: There is no such order.
        ValidationError: A line is not the order's; more than its pieces are worth; or
            `idempotency_key_reused`.
        ConflictError: `not_refundable`, `refund_exceeds_rest`, `refund_limit_reached`,
            `nothing_to_refund`.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    about(wanted.order_no)
    customer_id = staff_writes.owner_of(wanted.order_no)
    keyed = f"{write.fingerprint}#staff#{write.actor}#{write.key}"
    for _ in range(ROUNDS):
        row = orders.read(customer_id, wanted.order_no)
        if row is None:
            raise NotFoundError
        known = known_by(keyed, refunds.of_order(customer_id, wanted.order_no))
        if known:
            return Decision(known, approvals.waiting_for(write))
        refund, book = _taken(row, ring, wanted, write, keyed)
        try:
            if book.granted_fen + refund.amount_fen > most_fen:
                return _asked(write, row, refund, book)
            return _granted(write, row, refund, book)
        except ConditionFailed:
            # Another request, or an earlier send of this one: look again and decide.
            continue
    raise UnavailableError


def _taken(
    row: OrderRow, ring: KeyRing, wanted: Wanted, write: StaffWrite, keyed: str
) -> tuple[RefundOrder, RefundBook]:
    """The refund as a request, and the order's book with it."""
    order = row.to_domain(ring)
    check(order, wanted.pieces, write.at)
    taken = take(order.bought, order.refunds, wanted.pieces)
    if not taken.worth_fen:
        raise nothing_to_refund()
    amount = checked_amount(wanted.amount_fen, taken.worth_fen, taken.worth_fen)
    refund = RefundOrder(
        customer_id=order.customer_id,
        order_no=order.order_no,
        sequence=str(taken.book.made),
        transaction_id=order.transaction_id,
        amount_fen=amount,
        paid_fen=order.payable_fen,
        status=RefundStatus.REQUESTED,
        reason=TOLD_PAYER[RefundCause.STAFF],
        cause=RefundCause.STAFF,
        requested_at=write.at,
        lines=taken.lines,
        freight_fen=taken.freight_fen,
        asked_by=f"staff:{write.actor}",
        words=write.reason,
        key=keyed,
    )
    held_back = taken.worth_fen - amount
    return refund, replace(taken.book, asked_fen=taken.book.asked_fen - held_back)


def _asked(write: StaffWrite, row: OrderRow, refund: RefundOrder, book: RefundBook) -> Decision:
    """REQUESTED, and waiting for a second person."""
    asked = approvals.ask(
        write,
        approvals.Kind.REFUND,
        {"amount_fen": refund.amount_fen},
        subject=refund.out_refund_no,
        also=[order_moves.keep_book(row, book, write.at), refunds.ask(refund)],
    )
    return Decision(refund, str(asked.SK))


def _granted(write: StaffWrite, row: OrderRow, refund: RefundOrder, book: RefundBook) -> Decision:
    """PENDING at once."""
    amount = refund.amount_fen
    book, lines = grant(
        book,
        refund.lines,
        asked_fen=amount,
        amount_fen=amount,
        unshipped=row.to_ship() if row.status == OrderStatus.TO_SHIP else {},
    )
    begun = replace(
        refund,
        status=RefundStatus.PENDING,
        lines=lines,
        decided_by=write.actor,
        decision=write.reason,
    )
    writes = [
        *staff.guard(noted(write, refund, RefundStatus.PENDING, amount)),
        *stopping(row, book, write),
        refunds.ask(begun),
    ]
    try:
        together(writes)
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])
        raise
    return Decision(begun)
