"""Refunds: one row each beside their order, found by the due index until they are settled."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.refund import RefundOrder, RefundStatus
from shop.store import reads
from shop.store.table import (
    DUE_SHARDS,
    Entity,
    customer_of,
    customer_partition,
    due_partition,
    refund_key,
    refund_prefix,
    shard_of,
)
from shop.store.writes import Raw, Write, absent, put, update

REFUND = "R"
"""The kind of due work that unsettled refunds are."""


class RefundRow(Entity):
    """One refund."""

    amount_fen = NumberAttribute(attr_name="am")
    paid_fen = NumberAttribute(attr_name="pf")
    status = UnicodeAttribute(attr_name="st")
    reason = UnicodeAttribute(attr_name="r")
    cause = UnicodeAttribute(attr_name="ca")
    requested_at = NumberAttribute(attr_name="c")
    refund_id = UnicodeAttribute(attr_name="ri", null=True)
    settled_at = NumberAttribute(attr_name="x", null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    def to_domain(self) -> RefundOrder:
        """The refund."""
        _, order_no, sequence = str(self.SK).split("#")
        return RefundOrder(
            customer_id=customer_of(str(self.PK)),
            order_no=order_no,
            sequence=sequence,
            amount_fen=int(self.amount_fen),
            paid_fen=int(self.paid_fen),
            status=RefundStatus(self.status),
            reason=self.reason,
            cause=self.cause,
            requested_at=int(self.requested_at),
            settled_at=int(self.settled_at or 0),
        )


def ask(refund: RefundOrder) -> Write:
    """Store a refund that is to be made, once; it is due at once."""
    row = RefundRow(
        *refund_key(refund.customer_id, refund.order_no, refund.sequence),
        amount_fen=refund.amount_fen,
        paid_fen=refund.paid_fen,
        status=refund.status,
        reason=refund.reason,
        cause=refund.cause,
        requested_at=refund.requested_at,
        due_work=due_partition(REFUND, shard_of(refund.order_no, DUE_SHARDS)),
        due_at=refund.requested_at,
    )
    return put(row, absent())


def record(refund: RefundOrder, status: RefundStatus, refund_id: str, now: int) -> Write:
    """Note what WeChat says of a refund whose money has not gone back yet."""
    row = _key_row(refund)
    actions: list[Action] = [RefundRow.status.set(status)]
    if refund_id:
        actions.append(RefundRow.refund_id.set(refund_id))
    if status in {RefundStatus.SUCCESS, RefundStatus.ABNORMAL}:
        actions += [
            RefundRow.settled_at.set(now),
            RefundRow.due_work.remove(),
            RefundRow.due_at.remove(),
        ]
    return update(row, actions, unsettled())


def postpone(refund: RefundOrder, until: int) -> Write:
    """Look at an unsettled refund again later."""
    return update(_key_row(refund), [RefundRow.due_at.set(until)], RefundRow.due_work.exists())


def unsettled() -> Condition:
    """The condition that the money has not gone back yet, whatever WeChat said before."""
    condition: Condition = RefundRow.status != RefundStatus.SUCCESS
    return condition


def of_order(customer_id: str, order_no: str) -> Iterator[RefundOrder]:
    """An order's refunds."""
    condition = RefundRow.SK.startswith(refund_prefix(order_no))
    for row in reads.query(RefundRow, customer_partition(customer_id), condition, consistent=True):
        yield row.to_domain()


def of_raw(raw: Raw) -> RefundOrder:
    """A refund from what a write or a stream handed over."""
    return RefundRow.from_raw_data(dict(raw)).to_domain()


def read(partition: str, sort_key: str) -> RefundOrder | None:
    """The refund with this key as it is now."""
    row = reads.get(RefundRow, (partition, sort_key), consistent=True)
    return row.to_domain() if row else None


def _key_row(refund: RefundOrder) -> RefundRow:
    return RefundRow(*refund_key(refund.customer_id, refund.order_no, refund.sequence))
