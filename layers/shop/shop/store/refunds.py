"""Refunds: one row each beside their order, moved as `shop.domain.refund.MOVES` declares.

What WeChat is asked about is found by the due index, what staff must decide by another kind of work
in the same index (`shop.store.refunds_waiting`); a refund that needs neither is in none.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.refund import MOVES, RefundEvent, RefundLine, RefundOrder, RefundStatus
from shop.store import reads
from shop.store.table import (
    DUE_SHARDS,
    REFUND_PREFIX,
    Entity,
    Key,
    customer_of,
    customer_partition,
    due_partition,
    refund_key,
    refund_prefix,
    shard_of,
)
from shop.store.writes import Raw, Write, absent, put, update

REFUND = "R"
"""The kind of due work that refunds on their way are."""
FOR_STAFF = "Q"
"""The kind of work that refunds are which a person must decide; no schedule looks at it."""
WAITS_FOR_STAFF = frozenset({RefundStatus.REQUESTED, RefundStatus.ABNORMAL, RefundStatus.CLOSED})
"""States in which a person must decide."""
_decode_lines = msgspec.msgpack.Decoder(tuple[tuple[int, int, int, int], ...]).decode


class RefundRow(Entity):
    """One refund."""

    transaction_id = UnicodeAttribute(attr_name="ti")
    amount_fen = NumberAttribute(attr_name="am")
    paid_fen = NumberAttribute(attr_name="pf")
    status = UnicodeAttribute(attr_name="st")
    reason = UnicodeAttribute(attr_name="r")
    cause = UnicodeAttribute(attr_name="ca")
    requested_at = NumberAttribute(attr_name="c")
    lines = BinaryAttribute(attr_name="ln", legacy_encoding=False, null=True)
    freight_fen = NumberAttribute(attr_name="fr", default=0)
    asked_by = UnicodeAttribute(attr_name="by", null=True)
    words = UnicodeAttribute(attr_name="wo", null=True)
    description = UnicodeAttribute(attr_name="de", null=True)
    key = UnicodeAttribute(attr_name="ik", null=True)
    refund_id = UnicodeAttribute(attr_name="ri", null=True)
    settled_at = NumberAttribute(attr_name="x", null=True)
    returned_at = NumberAttribute(attr_name="bk", null=True)
    redirected_at = NumberAttribute(attr_name="rd", null=True)
    replaced_by = UnicodeAttribute(attr_name="rp", null=True)
    decided_by = UnicodeAttribute(attr_name="db", null=True)
    decision = UnicodeAttribute(attr_name="dr", null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    def to_domain(self) -> RefundOrder:
        """The refund."""
        _, order_no, sequence = str(self.SK).split("#")
        return RefundOrder(
            customer_id=customer_of(str(self.PK)),
            order_no=order_no,
            sequence=sequence,
            transaction_id=self.transaction_id,
            amount_fen=int(self.amount_fen),
            paid_fen=int(self.paid_fen),
            status=RefundStatus(self.status),
            reason=self.reason,
            cause=self.cause,
            requested_at=int(self.requested_at),
            settled_at=int(self.settled_at or 0),
            lines=tuple(RefundLine(*one) for one in _decode_lines(self.lines or b"\x90")),
            freight_fen=int(self.freight_fen),
            asked_by=self.asked_by or "",
            words=self.words or "",
            description=self.description or "",
            key=self.key or "",
            returned=self.returned_at is not None,
            redirected=self.redirected_at is not None,
            replaced_by=self.replaced_by or "",
            refund_id=self.refund_id or "",
            decided_by=self.decided_by or "",
            decision=self.decision or "",
        )


def ask(refund: RefundOrder) -> Write:
    """Store a new refund, once: REQUESTED waits for staff, PENDING is due at once."""
    returned_at = refund.requested_at if refund.returned else None
    row = RefundRow(
        *refund_key(refund.customer_id, refund.order_no, refund.sequence),
        transaction_id=refund.transaction_id,
        amount_fen=refund.amount_fen,
        paid_fen=refund.paid_fen,
        status=refund.status,
        reason=refund.reason,
        cause=refund.cause,
        requested_at=refund.requested_at,
        lines=_pack(refund.lines) if refund.lines else None,
        freight_fen=refund.freight_fen,
        asked_by=refund.asked_by or None,
        words=refund.words or None,
        description=refund.description or None,
        key=refund.key or None,
        returned_at=returned_at,
        decided_by=refund.decided_by or None,
        decision=refund.decision or None,
        due_work=_work(refund, FOR_STAFF if refund.status in WAITS_FOR_STAFF else REFUND),
        due_at=refund.requested_at,
    )
    return put(row, absent())


def approve(
    refund: RefundOrder,
    lines: Sequence[RefundLine],
    amount_fen: int,
    *,
    by: str,
    why: str,
    now: int,
) -> Write:
    """REQUESTED -> PENDING, for this amount and with these pieces stopped."""
    also = [
        RefundRow.amount_fen.set(amount_fen),
        RefundRow.lines.set(_pack(lines)),
        RefundRow.decided_by.set(by),
        RefundRow.decision.set(why),
        *_due(refund, now),
    ]
    return _move(refund, RefundEvent.APPROVED, also)


def refuse(refund: RefundOrder, *, by: str, why: str) -> Write:
    """REQUESTED -> REFUSED; goes with the order's book."""
    also = [RefundRow.decided_by.set(by), RefundRow.decision.set(why), *_leave_index()]
    return _move(refund, RefundEvent.REFUSED, also)


def redirect(refund: RefundOrder, *, now: int) -> Write:
    """ABNORMAL -> PENDING, to be sent to the merchant's own card."""
    also = [RefundRow.redirected_at.set(now), *_due(refund, now)]
    return _move(refund, RefundEvent.REDIRECTED, also)


def replace_by(refund: RefundOrder, sequence: str) -> Write:
    """CLOSED, and another refund took its place; goes with that."""
    also = [RefundRow.replaced_by.set(sequence), *_leave_index()]
    return _move(refund, RefundEvent.REOPENED, also, only_if=RefundRow.replaced_by.does_not_exist())


def record(
    refund: RefundOrder, event: RefundEvent, refund_id: str, *, now: int, again_at: int
) -> Write:
    """Note what WeChat says of a refund.

    Args:
        refund: Which one.
        event: What its word means.
        refund_id: WeChat's number, "" where it tells none.
        now: UTC seconds.
        again_at: When a refund that is under way is asked about again.
    """
    actions: list[Action] = []
    if refund_id:
        actions.append(RefundRow.refund_id.set(refund_id))
    if event is RefundEvent.TAKEN:
        actions.append(RefundRow.due_at.set(again_at))
    else:
        actions.append(RefundRow.settled_at.set(now))
        staff = MOVES[event].target in WAITS_FOR_STAFF
        actions += _due(refund, now, FOR_STAFF) if staff else _leave_index()
    return _move(refund, event, actions, only_if=RefundRow.replaced_by.does_not_exist())


def mark_returned(refund: RefundOrder, now: int) -> Write:
    """Its stopped pieces are in stock again; goes with them, and happens once.

    Pieces of a refund that another has replaced return with that one.
    """
    once: Condition = RefundRow.status.exists() & RefundRow.returned_at.does_not_exist()
    its_own = RefundRow.replaced_by.does_not_exist()
    return update(_key_row(refund), [RefundRow.returned_at.set(now)], once & its_own)


def postpone(refund: RefundOrder, until: int) -> Write:
    """Look at a refund that is on its way again later."""
    on_its_way: Condition = RefundRow.due_work == _work(refund, REFUND)
    return update(_key_row(refund), [RefundRow.due_at.set(until)], on_its_way)


def has_words(raw: Raw) -> bool:
    """Whether a stored refund has what somebody wrote."""
    row = RefundRow.from_raw_data(dict(raw))
    return bool(row.words or row.description)


def forget_words(key: Key) -> Write:
    """Take what was written out of a refund; numbers and amounts stay."""
    return update(
        RefundRow(*key),
        [RefundRow.words.remove(), RefundRow.description.remove()],
        RefundRow.status.exists(),
    )


def of_order(customer_id: str, order_no: str) -> Iterator[RefundOrder]:
    """An order's refunds, as they are now."""
    condition = RefundRow.SK.startswith(refund_prefix(order_no))
    for row in reads.query(RefundRow, customer_partition(customer_id), condition, consistent=True):
        yield row.to_domain()


def settled_since(since: int, *, may_go_on: Callable[[], bool]) -> Iterator[RefundRow]:
    """Refunds of all customers that ended at or after a time, in no order; billed as the table.

    Raises:
        UnavailableError: The store did not answer, or there is no time to go on.
    """
    ended = RefundRow.SK.startswith(REFUND_PREFIX) & (RefundRow.settled_at >= since)
    yield from reads.scan(RefundRow, ended, consistent=True, may_go_on=may_go_on)


def of_raw(raw: Raw) -> RefundOrder:
    """A refund from what a write or a stream handed over."""
    return RefundRow.from_raw_data(dict(raw)).to_domain()


def read(partition: str, sort_key: str) -> RefundOrder | None:
    """The refund with this key as it is now."""
    row = reads.get(RefundRow, (partition, sort_key), consistent=True)
    return row.to_domain() if row else None


def _move(
    refund: RefundOrder,
    event: RefundEvent,
    also: Sequence[Action],
    only_if: Condition | None = None,
) -> Write:
    declared = MOVES[event]
    allowed: Condition = RefundRow.status.is_in(*declared.sources)
    return update(
        _key_row(refund),
        [RefundRow.status.set(declared.target), *also],
        allowed & only_if if only_if is not None else allowed,
    )


def _pack(lines: Sequence[RefundLine]) -> bytes:
    return msgspec.msgpack.encode(
        [(one.position, one.quantity, one.worth_fen, one.stopped) for one in lines]
    )


def _work(refund: RefundOrder, work: str) -> str:
    return due_partition(work, shard_of(refund.order_no, DUE_SHARDS))


def _due(refund: RefundOrder, now: int, work: str = REFUND) -> list[Action]:
    return [RefundRow.due_work.set(_work(refund, work)), RefundRow.due_at.set(now)]


def _leave_index() -> list[Action]:
    return [RefundRow.due_work.remove(), RefundRow.due_at.remove()]


def _key_row(refund: RefundOrder) -> RefundRow:
    return RefundRow(*refund_key(refund.customer_id, refund.order_no, refund.sequence))
