"""The order's row: what is kept of an order, and how.

What never changes (lines, amounts, remark) is one packed blob and the address one sealed blob, so
that an ordinary order stays within a kilobyte (`performance.md` 1.1: writes are billed by it).
"""

import hashlib
import zlib
from collections.abc import Sequence

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal, unseal
from shop.domain.address import NOBODYS, Address
from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Order, OrderStatus
from shop.domain.parcel_book import NOTHING_SHIPPED, ParcelBook, left_of
from shop.domain.quote_line import QuoteLine
from shop.domain.refund_book import NOTHING_ASKED, LineBook, RefundBook
from shop.store.table import Entity, customer_of, order_no_of
from shop.store.writes import Raw

_SMALL_BYTES = 400
_ZLIB_HEADER = 0x78
"""What zlib begins with; a packed map begins with another byte (RFC 1950; MessagePack)."""


class _Blob(msgspec.Struct, frozen=True):
    """The part of an order that never changes."""

    lines: tuple[QuoteLine, ...]
    goods: int
    discount: int
    freight: int
    remark: str
    from_cart: bool


_decode_blob = msgspec.msgpack.Decoder(_Blob).decode


def _pack(blob: _Blob) -> bytes:
    """Compressed where that saves a write unit; a small order is not worth the processor's time."""
    plain = msgspec.msgpack.encode(blob)
    return plain if len(plain) <= _SMALL_BYTES else zlib.compress(plain, 6)


def _unpack(kept: bytes) -> _Blob:
    return _decode_blob(zlib.decompress(kept) if kept[0] == _ZLIB_HEADER else kept)


_decode_book = msgspec.msgpack.Decoder(
    tuple[tuple[int, int, int, int], tuple[tuple[int, int, int, int], ...]]
).decode

_decode_parcels = msgspec.msgpack.Decoder(tuple[tuple[int, ...], int, bool]).decode


def pack_book(book: RefundBook) -> bytes:
    """A book of refunds as it is kept; equal books are equal bytes."""
    sums = (book.freight_fen, book.asked_fen, book.granted_fen, book.made)
    lines = [(one.asked, one.worth_fen, one.stopped, one.back) for one in book.lines]
    return msgspec.msgpack.encode((sums, lines))


def unpack_book(kept: bytes | None) -> RefundBook:
    """The book behind stored bytes; an empty one behind none."""
    if kept is None:
        return NOTHING_ASKED
    sums, lines = _decode_book(kept)
    return RefundBook(tuple(LineBook(*one) for one in lines), *sums)


def pack_parcels(book: ParcelBook) -> bytes:
    """A book of parcels as it is kept; equal books are equal bytes."""
    return msgspec.msgpack.encode((book.lines, book.parcels, book.corrected))


def unpack_parcels(kept: bytes | None) -> ParcelBook:
    """The book behind stored bytes; an empty one behind none."""
    return NOTHING_SHIPPED if kept is None else ParcelBook(*_decode_parcels(kept))


def unchanging(order: Order) -> bytes:
    """The part of an order that never changes, as it is kept."""
    return _pack(
        _Blob(
            order.lines,
            order.goods_total_fen,
            order.discount_total_fen,
            order.freight_fen,
            order.remark,
            order.from_cart,
        )
    )


def without_remark(row: "OrderRow") -> bytes:
    """The same without what the buyer wrote."""
    return _pack(msgspec.structs.replace(_unpack(row.blob), remark=""))


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
    refunds = BinaryAttribute(attr_name="rb", legacy_encoding=False, null=True)
    refunds_at = NumberAttribute(attr_name="rt", null=True)
    parcels = BinaryAttribute(attr_name="pc", legacy_encoding=False, null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @classmethod
    def of(cls, raw: Raw) -> "OrderRow":
        """An order from what a write or a stream handed over."""
        return cls.from_raw_data(dict(raw))

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
        blob = _unpack(self.blob)
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
            claim_savings=tuple(fen for _, fen in self.claim_savings),
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
            refunds=unpack_book(self.refunds),
            shipped=self.shipped,
        )

    @property
    def shipped(self) -> ParcelBook:
        """What of it left the house."""
        return unpack_parcels(self.parcels)

    def to_ship(self, book: RefundBook | None = None) -> dict[int, int]:
        """Pieces that are to be shipped, by position; with another book of refunds if told."""
        refunds = unpack_book(self.refunds) if book is None else book
        return left_of([line.quantity for line in self.lines], refunds.stopped, self.shipped)

    @property
    def lines(self) -> tuple[QuoteLine, ...]:
        """What it is for; nothing for a tombstone."""
        return () if self.is_tombstone else _unpack(self.blob).lines

    @property
    def claim_ids(self) -> tuple[str, ...]:
        """The coupon claims this order holds or has used."""
        return tuple(claim_id for claim_id, _ in self.claim_savings)

    @property
    def claim_savings(self) -> tuple[tuple[str, int], ...]:
        """The same with what each took off, in fen."""
        each = str(self.claims).split(",") if self.claims else []
        parted = [one.partition(":") for one in each]
        return tuple((claim_id, int(fen or 0)) for claim_id, _, fen in parted)


def claims_text(claim_ids: Sequence[str], savings: Sequence[int]) -> str | None:
    """How an order keeps its claims and what each took off."""
    pairs = zip(claim_ids, savings, strict=True)
    return ",".join(f"{claim_id}:{fen}" for claim_id, fen in pairs) or None


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
