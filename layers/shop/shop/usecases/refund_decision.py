"""What staff decide about refunds, each keyed, audited and one transaction.

Above a limit another member of staff must approve (`shop.usecases.approvals`). Nothing here calls
WeChat: what is PENDING then is taken up from the stream, and by the schedule if that is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shop.domain.ids import CustomerId
from shop.domain.order import OrderStatus
from shop.domain.refund import (
    RefundOrder,
    RefundStatus,
    next_of_transaction,
    split_number,
)
from shop.domain.refund_book import MOST_REFUNDS, RefundBook, grant, put_back
from shop.errors import ConflictError, NotFoundError, UnavailableError, ValidationError
from shop.store import days, order_moves, orders, refunds, reports, shipping_moves, staff
from shop.store.order_row import OrderRow, unpack_book
from shop.store.staff import StaffWrite
from shop.store.table import customer_of, order_no_of, refund_key
from shop.store.writes import ConditionFailed, Write, together
from shop.usecases.refund_return import ROUNDS


@dataclass(frozen=True, slots=True)
class Case:
    """A refund and its order as they were read together."""

    refund: RefundOrder
    row: OrderRow

    @property
    def book(self) -> RefundBook:
        """The order's."""
        return unpack_book(self.row.refunds)

    def read_again(self) -> "Case":
        """The same as it is now."""
        return _read(self.refund.customer_id, self.refund.order_no, self.refund.sequence)


def find(refund_no: str) -> Case:
    """A refund by its number, with its order.

    Raises:
        NotFoundError: There is none.
    """
    order_no, sequence = split_number(refund_no)
    customer_id = days.customer_of_order(order_no)
    if customer_id is None:
        raise NotFoundError
    return _read(customer_id, order_no, sequence)


def _read(customer_id: str, order_no: str, sequence: str) -> Case:
    # The order first: what changes it afterwards fails the write that rests on it.
    row = orders.read(CustomerId(customer_id), order_no)
    refund = refunds.read(*refund_key(customer_id, order_no, sequence))
    if row is None or refund is None:
        raise NotFoundError
    return Case(refund, row)


def _sibling(refund: RefundOrder, sequence: str) -> RefundOrder:
    """Another refund of the same order, or the same as it is now."""
    found = refunds.read(*refund_key(refund.customer_id, refund.order_no, sequence))
    if found is None:
        raise NotFoundError
    return found


def grant_request(
    write: StaffWrite, case: Case, amount_fen: int | None, *, also: Sequence[Write] = ()
) -> RefundOrder:
    """REQUESTED -> PENDING; pieces that were not shipped are stopped.

    Args:
        write: Who does it, and under which key.
        case: Which one, as it was found.
        amount_fen: What goes back, if less than was asked.
        also: Written with it or not at all.

    Raises:
        ConditionFailed: One of `also` does not hold.
        ValidationError: More than its pieces are worth; or `idempotency_key_reused`.
        ConflictError: `refund_decided`.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    for _ in range(ROUNDS):
        granted = grant_as_read(write, case, amount_fen, also=also)
        if granted is not None:
            return granted
        case = case.read_again()
    raise UnavailableError


def grant_as_read(
    write: StaffWrite, case: Case, amount_fen: int | None, *, also: Sequence[Write] = ()
) -> RefundOrder | None:
    """The same, if nothing of the order was asked, granted or shipped since the case was read.

    Returns:
        None when it was: whatever was judged by the case must be judged again.
    """
    refund, row = case.refund, case.row
    amount = checked_amount(amount_fen, refund.amount_fen, refund.worth_fen)
    book, lines = grant(
        case.book,
        refund.lines,
        asked_fen=refund.amount_fen,
        amount_fen=amount,
        unshipped=row.to_ship() if row.status == OrderStatus.TO_SHIP else {},
    )
    writes = [
        *also,
        *staff.guard(noted(write, refund, RefundStatus.PENDING, amount)),
        refunds.approve(refund, lines, amount, by=write.actor, why=write.reason, now=write.at),
        *stopping(row, book, write),
    ]
    if decided(write, writes, len(also)):
        return _sibling(refund, refund.sequence)
    return None


def stopping(row: OrderRow, book: RefundBook, write: StaffWrite) -> list[Write]:
    """The order's writes with a granted refund's book.

    Where it leaves nothing to ship, the order closes, or is shipped whole if a part of it was.
    """
    actor = f"staff:{write.actor}"
    if row.status != OrderStatus.TO_SHIP or row.to_ship(book):
        return [order_moves.keep_book(row, book, write.at)]
    if not row.shipped.parcels:
        return [order_moves.refund_asked(row, book, actor=actor, cause="refund", now=write.at)]
    return [
        shipping_moves.rest_refunded(row, book, actor=actor, now=write.at),
        reports.want(customer_of(str(row.PK)), order_no_of(str(row.SK)), write.at),
    ]


def refuse(write: StaffWrite, refund_no: str) -> RefundOrder:
    """REQUESTED -> REFUSED; its pieces may be asked back again.

    Raises:
        NotFoundError: There is no such refund.
        ValidationError: `idempotency_key_reused`.
        ConflictError: `refund_decided`.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    case = find(refund_no)
    for _ in range(ROUNDS):
        writes = [
            *staff.guard(noted(write, case.refund, RefundStatus.REFUSED, case.refund.amount_fen)),
            refunds.refuse(case.refund, by=write.actor, why=write.reason),
            order_moves.keep_book(case.row, put_back(case.book, case.refund), write.at),
        ]
        if decided(write, writes):
            return _sibling(case.refund, case.refund.sequence)
        case = case.read_again()
    raise UnavailableError


def redirect(write: StaffWrite, refund_no: str) -> RefundOrder:
    """ABNORMAL -> PENDING: WeChat shall send it to our own card; staff then pay the buyer.

    Raises:
        NotFoundError: There is no such refund.
        ValidationError: `idempotency_key_reused`.
        ConflictError: `refund_decided`: it is not ABNORMAL.
    """
    refund = find(refund_no).refund
    writes = [
        *staff.guard(noted(write, refund, RefundStatus.PENDING, refund.amount_fen)),
        refunds.redirect(refund, now=write.at),
    ]
    decided(write, writes)
    return _sibling(refund, refund.sequence)


def reopen(write: StaffWrite, refund_no: str) -> RefundOrder:
    """Begin a refund that WeChat CLOSED anew, under the next number.

    Returns:
        The new refund.

    Raises:
        NotFoundError: There is no such refund.
        ValidationError: `idempotency_key_reused`.
        ConflictError: `refund_decided`: it is not CLOSED, or was begun anew already; or
            `refund_limit_reached`.
        UnavailableError: The order kept changing, or the store did not answer.
    """
    case = find(refund_no)
    for _ in range(ROUNDS):
        refund, book = case.refund, case.book
        of_order = not refund.sequence.startswith("T")
        if of_order and book.made >= MOST_REFUNDS:
            raise ConflictError("refund_limit_reached", "该订单的退款次数已达上限")
        sequence = str(book.made + 1) if of_order else next_of_transaction(refund.sequence)
        anew = replace(
            refund,
            sequence=sequence,
            status=RefundStatus.PENDING,
            requested_at=write.at,
            key="",
            decided_by=write.actor,
            decision=write.reason,
        )
        counted = replace(book, made=book.made + 1)
        writes = [
            *staff.guard(noted(write, refund, RefundStatus.PENDING, refund.amount_fen)),
            refunds.replace_by(refund, sequence),
            refunds.ask(anew),
            *([order_moves.keep_book(case.row, counted, write.at)] if of_order else []),
        ]
        if decided(write, writes):
            return _sibling(refund, _sibling(refund, refund.sequence).replaced_by)
        case = case.read_again()
    raise UnavailableError


def decided(write: StaffWrite, writes: Sequence[Write], others: int = 0) -> bool:
    """Send a decision: `others` foreign writes, then the guard's two, the refund's and the rest.

    Returns:
        True when it is made, now or by an earlier send; False to look again, because the order
        changed meanwhile.

    Raises:
        ConditionFailed: One of the foreign writes does not hold.
        ValidationError: `idempotency_key_reused`.
        ConflictError: `refund_decided`.
    """
    try:
        together(writes)
    except ConditionFailed as refused:
        if staff.replayed(write, refused.failed[others]):
            return True
        if any(one is not None for one in refused.failed[:others]):
            raise
        if refused.failed[others + 2] is not None:
            raise ConflictError("refund_decided", "该退款当前状态不能这样处理") from refused
        return False
    return True


def checked_amount(amount_fen: int | None, asked_fen: int, worth_fen: int) -> int:
    """The amount that goes back: what was asked for unless told.

    Raises:
        ValidationError: More than the pieces are worth.
    """
    amount = asked_fen if amount_fen is None else amount_fen
    if amount > worth_fen:
        message = f"is above {worth_fen}, what the pieces are worth"
        raise ValidationError(errors=[{"field": "$.amount_fen", "message": message}])
    return amount


def noted(
    write: StaffWrite, refund: RefundOrder, status: RefundStatus, amount_fen: int
) -> StaffWrite:
    """The audit entry with what the refund was and is then."""
    return replace(
        write,
        before={"status": refund.status, "amount_fen": refund.amount_fen},
        after={"status": status, "amount_fen": amount_fen},
    )
