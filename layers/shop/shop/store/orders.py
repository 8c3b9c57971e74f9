"""Orders: one row each in their customer's partition, moved only by conditional writes.

What never changes (lines, amounts, remark) is one compressed blob and the address one sealed blob,
so that an ordinary order stays within a kilobyte (`performance.md` 1.1: writes are billed by it).
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal, unseal
from shop.domain.address import NOBODYS, Address
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import MOVES, Actor, CloseReason, Order, OrderEvent, OrderStatus
from shop.domain.payment import Payment
from shop.domain.quote import QuoteLine
from shop.store import reads
from shop.store.table import (
    DUE_SHARDS,
    ORDER_PREFIX,
    Entity,
    Key,
    customer_of,
    customer_partition,
    due_partition,
    order_key,
    order_no_of,
    shard_of,
)
from shop.store.writes import Raw, Write, absent, put, update

OVER = (OrderStatus.DONE, OrderStatus.CLOSED)
"""States in which nobody waits for anything any more."""
UNPAID = "U"
"""The kind of due work that unpaid orders are."""
GRACE_SECONDS = 5
"""How long after `pay_before` an order becomes due: more than two clocks differ."""


_SMALL_BYTES = 400
_ZLIB_HEADER = 0x78
"""What zlib begins with; a packed map begins with another byte (RFC 1950; MessagePack)."""


@dataclass(frozen=True, slots=True)
class _Blob:
    """The part of an order that never changes."""

    lines: tuple[QuoteLine, ...]
    goods: int
    discount: int
    freight: int
    remark: str
    from_cart: bool


_decode_blob = msgspec.msgpack.Decoder(_Blob).decode


def _pack(blob: _Blob) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(blob), 6)


class OrderRow(Entity):
    """One order."""

    status = UnicodeAttribute(attr_name="st")
    version = NumberAttribute(attr_name="v")
    blob = BinaryAttribute(attr_name="b", legacy_encoding=False, null=True)
    address = BinaryAttribute(attr_name="a", legacy_encoding=False, null=True)
    payable_fen = NumberAttribute(attr_name="pay", default=0)
    payer = UnicodeAttribute(attr_name="oh", null=True)
    claims = UnicodeAttribute(attr_name="cm", null=True)
    created_at = NumberAttribute(attr_name="c")
    pay_before = NumberAttribute(attr_name="pb", default=0)
    prepay_id = UnicodeAttribute(attr_name="pp", null=True)
    asked_at = NumberAttribute(attr_name="aq", null=True)
    transaction_id = UnicodeAttribute(attr_name="tx", null=True)
    paid_at = NumberAttribute(attr_name="p", null=True)
    shipped_at = NumberAttribute(attr_name="sh", null=True)
    closed_at = NumberAttribute(attr_name="x", null=True)
    close_reason = UnicodeAttribute(attr_name="cr", null=True)
    moved_by = UnicodeAttribute(attr_name="by")
    moved_at = NumberAttribute(attr_name="mt")
    cause = UnicodeAttribute(attr_name="ca")
    sale_id = UnicodeAttribute(attr_name="fs", null=True)
    sale_shard = NumberAttribute(attr_name="fn", null=True)
    sale_salt = NumberAttribute(attr_name="fx", null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @property
    def is_tombstone(self) -> bool:
        """Whether this only forbids an order of this number."""
        return self.blob is None

    @property
    def is_erased(self) -> bool:
        """Whether the person was taken out of it; numbers and amounts stay."""
        return self.blob is not None and self.address is None

    def to_domain(self, ring: KeyRing) -> Order:
        """The row as an order. A tombstone is never shown and has no order."""
        customer_id = CustomerId(customer_of(str(self.PK)))
        blob = _decode_blob(_unpacked(self.blob))
        return Order(
            order_no=OrderNo(order_no_of(str(self.SK))),
            customer_id=customer_id,
            status=OrderStatus(self.status),
            version=int(self.version),
            lines=blob.lines,
            goods_total_fen=blob.goods,
            discount_total_fen=blob.discount,
            freight_fen=blob.freight,
            payable_fen=int(self.payable_fen),
            claim_ids=self.claim_ids,
            address=NOBODYS if self.is_erased else open_address(ring, customer_id, self.address),
            remark=blob.remark,
            from_cart=blob.from_cart,
            created_at=int(self.created_at),
            pay_before=int(self.pay_before),
            prepay_id=self.prepay_id or "",
            transaction_id=self.transaction_id or "",
            paid_at=int(self.paid_at or 0),
            shipped_at=int(self.shipped_at or 0),
            closed_at=int(self.closed_at or 0),
            close_reason=self.close_reason or "",
            sale_id=self.sale_id or "",
            sale_shard=-1 if self.sale_shard is None else int(self.sale_shard),
            sale_salt=int(self.sale_salt or 0),
        )

    @property
    def lines(self) -> tuple[QuoteLine, ...]:
        """What it is for; nothing for a tombstone."""
        return () if self.is_tombstone else _decode_blob(zlib.decompress(self.blob)).lines

    @property
    def claim_ids(self) -> tuple[str, ...]:
        """The coupon claims this order holds or has used."""
        return tuple(str(self.claims).split(",")) if self.claims else ()


def _packed(plain: bytes) -> bytes:
    """Compressed where that saves a write unit; a small order is not worth the processor's time."""
    return plain if len(plain) <= _SMALL_BYTES else zlib.compress(plain, 6)


def _unpacked(blob: bytes) -> bytes:
    return zlib.decompress(blob) if blob[0] == _ZLIB_HEADER else blob


def seal_address(ring: KeyRing, customer_id: CustomerId, address: Address) -> bytes:
    """An address as it is kept: only readable with the key and for its customer."""
    return seal(ring, "pii", msgspec.msgpack.encode(address), customer_id.encode())


def open_address(ring: KeyRing, customer_id: CustomerId, sealed: bytes) -> Address:
    """The address that `seal_address` kept."""
    return msgspec.msgpack.decode(unseal(ring, "pii", sealed, customer_id.encode()), type=Address)


def payer_mark(customer_id: CustomerId, openid: str) -> str:
    """What is kept of the payer's openid: enough to tell another payer, not to find the person.

    Keyed by the customer and not by a rotating key, so that it still compares after a rotation.
    """
    return hashlib.sha256(f"{customer_id}|{openid}".encode()).hexdigest()[:12]


def place(
    ring: KeyRing, order: Order, openid: str, *, actor: str, due_indexed: bool = True
) -> Write:
    """Store a new order if no row has its number. Its lines never change again.

    Args:
        ring: Keys for the address.
        order: A new order, TO_PAY.
        openid: The only payer a notice may name.
        actor: Who placed it.
        due_indexed: Flash orders are found through their shard instead.
    """
    blob = _Blob(
        order.lines,
        order.goods_total_fen,
        order.discount_total_fen,
        order.freight_fen,
        order.remark,
        order.from_cart,
    )
    row = OrderRow(
        *order_key(order.customer_id, order.order_no),
        status=order.status,
        version=order.version,
        blob=_pack(blob),
        address=seal_address(ring, order.customer_id, order.address),
        payable_fen=order.payable_fen,
        payer=payer_mark(order.customer_id, openid),
        claims=",".join(order.claim_ids) or None,
        created_at=order.created_at,
        pay_before=order.pay_before,
        moved_by=actor,
        moved_at=order.created_at,
        cause="checkout",
        sale_id=order.sale_id or None,
        sale_shard=order.sale_shard if order.sale_id else None,
        sale_salt=order.sale_salt if order.sale_id else None,
    )
    if due_indexed:
        row.due_work = due_partition(UNPAID, shard_of(order.order_no, DUE_SHARDS))
        row.due_at = order.pay_before + GRACE_SECONDS
    return put(row, absent())


def forbid(customer_id: CustomerId, order_no: OrderNo, now: int) -> Write:
    """Put a closed tombstone if no row has this number, so that none can be placed any more."""
    row = OrderRow(
        *order_key(customer_id, order_no),
        status=OrderStatus.CLOSED,
        version=1,
        created_at=now,
        closed_at=now,
        close_reason="expired",
        moved_by="schedule",
        moved_at=now,
        cause="never_placed",
    )
    return put(row, absent())


def move(
    customer_id: CustomerId,
    order_no: OrderNo,
    event: OrderEvent,
    *,
    actor: str,
    cause: str,
    now: int,
    also: Sequence[Action] = (),
    only_if: Condition | None = None,
) -> Write:
    """The write of one row of the state table.

    Args:
        customer_id: Whose order.
        order_no: Which order.
        event: What happened.
        actor: Who did it.
        cause: Why, a short word for the history.
        now: UTC seconds.
        also: What else changes in the order.
        only_if: The guard, joined to the allowed source states.
    """
    declared = MOVES[event]
    allowed: Condition = OrderRow.status.is_in(*declared.sources)
    condition = allowed & only_if if only_if is not None else allowed
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [
            OrderRow.status.set(declared.target),
            OrderRow.version.set(OrderRow.version + 1),
            OrderRow.moved_by.set(actor),
            OrderRow.moved_at.set(now),
            OrderRow.cause.set(cause),
            *also,
        ],
        condition,
    )


def paid(customer_id: CustomerId, payment: Payment, *, actor: str, now: int) -> Write:
    """TO_PAY or CLOSING -> TO_SHIP, if amount and payer are the order's and it is unpaid yet."""
    return move(
        customer_id,
        OrderNo(payment.out_trade_no),
        OrderEvent.PAID,
        actor=actor,
        cause="payment",
        now=now,
        also=[
            OrderRow.transaction_id.set(payment.transaction_id),
            OrderRow.paid_at.set(payment.paid_at or now),
            *_leave_due_index(),
        ],
        only_if=is_of(customer_id, payment),
    )


def is_of(customer_id: CustomerId, payment: Payment) -> Condition:
    """The guard that a payment is this order's first, of its amount and by its customer."""
    guard: Condition = (
        OrderRow.transaction_id.does_not_exist()
        & (OrderRow.payable_fen == payment.total_fen)
        & (OrderRow.payer == payer_mark(customer_id, payment.openid))
    )
    return guard


def revived(
    customer_id: CustomerId, payment: Payment, *, sale_shard: int | None = None, now: int
) -> Write:
    """CLOSED -> TO_SHIP for a late payment; goes with everything that is taken again.

    Args:
        customer_id: Whose order.
        payment: Verified.
        sale_shard: Where flash units were taken again; None when they came from the SKU, so that
            they go back there too.
        now: UTC seconds.
    """
    also: list[Action] = [
        OrderRow.transaction_id.set(payment.transaction_id),
        OrderRow.paid_at.set(payment.paid_at or now),
        OrderRow.closed_at.remove(),
        OrderRow.close_reason.remove(),
    ]
    if sale_shard is None:
        also.append(OrderRow.sale_shard.remove())
    else:
        also.append(OrderRow.sale_shard.set(sale_shard))
    return move(
        customer_id,
        OrderNo(payment.out_trade_no),
        OrderEvent.PAID_LATE,
        actor=Actor.WECHATPAY,
        cause="paid_after_close",
        now=now,
        also=also,
        only_if=is_of(customer_id, payment),
    )


def claimed_by_refund(customer_id: CustomerId, payment: Payment) -> Write:
    """Give a closed order's late payment to a refund, so that nothing can revive it any more."""
    return update(
        OrderRow(*order_key(customer_id, payment.out_trade_no)),
        [OrderRow.transaction_id.set(payment.transaction_id)],
        (OrderRow.status == OrderStatus.CLOSED) & OrderRow.transaction_id.does_not_exist(),
    )


def refund_asked(
    customer_id: CustomerId, order_no: OrderNo, *, actor: str, cause: str, now: int
) -> Write:
    """TO_SHIP -> CLOSING while the refund of a paid, unshipped order is under way."""
    return move(customer_id, order_no, OrderEvent.REFUND_ASKED, actor=actor, cause=cause, now=now)


def refund_accepted(customer_id: CustomerId, order_no: OrderNo, *, now: int) -> Write:
    """CLOSING -> CLOSED once WeChat has accepted the refund of a paid order."""
    return move(
        customer_id,
        order_no,
        OrderEvent.REFUND_ACCEPTED,
        actor=Actor.WECHATPAY,
        cause="refund_accepted",
        now=now,
        also=[OrderRow.closed_at.set(now), OrderRow.close_reason.set(CloseReason.REFUNDED)],
        only_if=OrderRow.transaction_id.exists(),
    )


def shipped(customer_id: CustomerId, order_no: OrderNo, *, actor: str, now: int) -> Write:
    """TO_SHIP -> TO_RECEIVE; goes with the parcel."""
    return move(
        customer_id,
        order_no,
        OrderEvent.SHIPPED,
        actor=actor,
        cause="shipped",
        now=now,
        also=[OrderRow.shipped_at.set(now)],
    )


def received(customer_id: CustomerId, order_no: OrderNo, *, actor: str, now: int) -> Write:
    """TO_RECEIVE -> DONE."""
    return move(customer_id, order_no, OrderEvent.RECEIVED, actor=actor, cause="received", now=now)


def closed(
    customer_id: CustomerId, order_no: OrderNo, *, reason: str, actor: str, now: int
) -> Write:
    """CLOSING -> CLOSED for an order that was never paid."""
    return move(
        customer_id,
        order_no,
        OrderEvent.CLOSED_UNPAID,
        actor=actor,
        cause=reason,
        now=now,
        also=[
            OrderRow.closed_at.set(now),
            OrderRow.close_reason.set(reason),
            *_leave_due_index(),
        ],
        only_if=OrderRow.transaction_id.does_not_exist(),
    )


def keep_prepay(customer_id: CustomerId, order_no: OrderNo, prepay_id: str) -> Write:
    """Remember WeChat's handle while the order can still be paid."""
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.prepay_id.set(prepay_id)],
        OrderRow.status == OrderStatus.TO_PAY,
    )


def may_ask(customer_id: CustomerId, order_no: OrderNo, now: int, every_seconds: int) -> Write:
    """Note that WeChat is asked about this order now, at most once in `every_seconds`."""
    never: Condition = OrderRow.asked_at.does_not_exist()
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.asked_at.set(now)],
        OrderRow.status.exists() & (never | (OrderRow.asked_at <= now - every_seconds)),
    )


def postpone(customer_id: CustomerId, order_no: OrderNo, until: int) -> Write:
    """Look at a CLOSING order again later, so that one that fails does not hold up the rest."""
    return update(
        OrderRow(*order_key(customer_id, order_no)),
        [OrderRow.due_at.set(until)],
        (OrderRow.status == OrderStatus.CLOSING) & OrderRow.due_work.exists(),
    )


def erase_person(row: OrderRow) -> Write:
    """Take address, payer and remark out of an order that is over; numbers and amounts stay."""
    blob = replace(_decode_blob(zlib.decompress(row.blob)), remark="")
    over: Condition = OrderRow.status.is_in(*OVER)
    return update(
        OrderRow(str(row.PK), str(row.SK)),
        [
            OrderRow.blob.set(_pack(blob)),
            OrderRow.address.remove(),
            OrderRow.payer.remove(),
        ],
        over,
    )


def read(customer_id: CustomerId, order_no: str) -> OrderRow | None:
    """The order as it is now (consistent), or None; tombstones are none."""
    row = reads.get(OrderRow, order_key(customer_id, order_no), consistent=True)
    return None if row is None or row.is_tombstone else row


def of_raw(raw: Raw) -> OrderRow:
    """An order from what a write or a stream handed over."""
    return OrderRow.from_raw_data(dict(raw))


def of_customer(customer_id: CustomerId, before: str | None = None) -> Iterator[OrderRow]:
    """A customer's orders, newest first, from the one before `before` on."""
    condition: Condition = OrderRow.SK.startswith(ORDER_PREFIX)
    if before:
        condition = OrderRow.SK.between(ORDER_PREFIX, f"{ORDER_PREFIX}{before}")
    for row in reads.query(OrderRow, customer_partition(customer_id), condition, newest_first=True):
        if not row.is_tombstone and order_no_of(str(row.SK)) != before:
            yield row


def every(
    *, moved_since: int | None = None, may_go_on: Callable[[], bool] = lambda: True
) -> Iterator[OrderRow]:
    """All orders of all customers, in no order; billed as the whole table.

    Args:
        moved_since: Only those that moved at or after it, and as they are now (consistent).
        may_go_on: Asked before each page.

    Raises:
        UnavailableError: The store did not answer, or there is no time to go on.
    """
    condition: Condition = OrderRow.SK.startswith(ORDER_PREFIX) & OrderRow.blob.exists()
    if moved_since is not None:
        condition &= OrderRow.moved_at >= moved_since
    yield from reads.scan(
        OrderRow, condition, consistent=moved_since is not None, may_go_on=may_go_on
    )


def due(work: str, shard: int, now: int, limit: int) -> list[Key]:
    """Keys of due work of one shard, the longest due first."""
    page = reads.query_page(
        due_partition(work, shard), OrderRow.due_at <= now, limit=limit, index="due"
    )
    return [(item["PK"]["S"], item["SK"]["S"]) for item in page.items]


def due_handfuls(work: str, shard: int, now: int, size: int, most: int) -> Iterator[list[Key]]:
    """Keys of due work of one shard, the longest due first, in up to `most` lists of `size`."""
    start: dict[str, Any] | None = None
    for _ in range(most):
        page = reads.query_page(
            due_partition(work, shard), OrderRow.due_at <= now, limit=size, start=start, index="due"
        )
        if page.items:
            yield [(item["PK"]["S"], item["SK"]["S"]) for item in page.items]
        start = page.last
        if start is None:
            return


def _leave_due_index() -> list[Action]:
    return [OrderRow.due_work.remove(), OrderRow.due_at.remove()]


def raw_bytes(item: dict[str, Any]) -> dict[str, Any]:
    """A stream image with its binary values decoded (Lambda delivers them as base64 text)."""
    return {
        name: {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
        for name, value in item.items()
    }
