"""Flash-sale reservations inside a shard, a few bytes per customer (`design.md` section 3).

A shard keeps, per customer, one entry: a count of attempts that ended, then the live ones. The
customer's home shard (a hash of the customer id) counts every live attempt against the allowance,
wherever its unit came from; another shard's entry only says that a unit of it is taken. Entries
change by compare-and-set on their exact bytes. A released attempt leaves its count behind, so that
a late repeat of the take can never find the bytes it expects.

    entry   = ended (1 byte), then 9 bytes per live attempt
    attempt = issued_at (4), salt (2), flags and quantity (1), seconds until due (2)
    flags   = bit 7: the unit is in this shard; 65,535 seconds: settled, never due
"""

import struct
from dataclasses import dataclass, replace
from enum import StrEnum

from shop.domain.freight import Load
from shop.domain.ids import CustomerId

MAX_ORDERS = 3
"""Per customer and sale, closed ones included: closing frees stock, not attempts."""
UNITS_PER_SHARD = 36
"""So that a shard with every unit taken by another customer stays within 1 KB."""
_ATTEMPT = struct.Struct(">IHBH")
_HERE = 0x80
_SETTLED = 0xFFFF


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order's hold on units.

    Attributes:
        issued_at: When its ticket was issued, UTC seconds.
        salt: Two bytes that tell tickets of one second apart.
        quantity: Units, 1-99.
        here: Whether the units come from the shard that keeps this entry.
        due_after: Seconds after `issued_at` when the hold ends; None once paid.
    """

    issued_at: int
    salt: int
    quantity: int
    here: bool
    due_after: int | None

    @property
    def due(self) -> int | None:
        """UTC seconds when the hold ends; None once paid."""
        return None if self.due_after is None else self.issued_at + self.due_after

    def same_ticket(self, other: "Attempt") -> bool:
        """Whether both come from one ticket."""
        return (self.issued_at, self.salt) == (other.issued_at, other.salt)


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer's attempts in one shard."""

    ended: int = 0
    live: tuple[Attempt, ...] = ()

    @classmethod
    def read(cls, packed: bytes | None) -> "Entry":
        """The entry behind stored bytes; an empty one behind none."""
        if not packed:
            return cls()
        live = []
        for issued_at, salt, flags, due in _ATTEMPT.iter_unpack(packed[1:]):
            due_after = None if due == _SETTLED else due
            live.append(Attempt(issued_at, salt, flags & 0x7F, bool(flags & _HERE), due_after))
        return cls(packed[0], tuple(live))

    def packed(self) -> bytes:
        """The bytes to store."""
        parts = [bytes([min(self.ended, 255)])]
        for one in self.live:
            flags = one.quantity | (_HERE if one.here else 0)
            due = _SETTLED if one.due_after is None else one.due_after
            parts.append(_ATTEMPT.pack(one.issued_at, one.salt, flags, due))
        return b"".join(parts)

    def find(self, attempt: Attempt) -> Attempt | None:
        """The stored attempt of the same ticket."""
        return next((one for one in self.live if one.same_ticket(attempt)), None)

    def adding(self, attempt: Attempt) -> "Entry":
        """With one more live attempt."""
        return Entry(self.ended, (*self.live, attempt))

    def ending(self, attempt: Attempt) -> "Entry":
        """With that attempt over, and counted."""
        return Entry(self.ended + 1, tuple(o for o in self.live if not o.same_ticket(attempt)))

    def demoting(self, attempt: Attempt) -> "Entry":
        """With that attempt counted and no longer holding units here."""
        return Entry(
            self.ended,
            tuple(replace(o, here=False) if o.same_ticket(attempt) else o for o in self.live),
        )

    def shrinking(self, attempt: Attempt) -> "Entry":
        """With that attempt holding no more than this one's quantity."""
        return Entry(
            self.ended,
            tuple(
                replace(o, quantity=min(o.quantity, attempt.quantity))
                if o.same_ticket(attempt)
                else o
                for o in self.live
            ),
        )

    def forgetting(self, attempt: Attempt) -> "Entry":
        """As if that attempt had never been: it found no unit anywhere."""
        return Entry(self.ended, tuple(o for o in self.live if not o.same_ticket(attempt)))

    def settling(self, attempt: Attempt) -> "Entry":
        """With that attempt paid."""
        return Entry(
            self.ended,
            tuple(replace(o, due_after=None) if o.same_ticket(attempt) else o for o in self.live),
        )


def admit(home: Entry, attempt: Attempt, per_customer: int) -> bool:
    """Whether a customer may try for more units, by their home entry alone.

    Args:
        home: It does not have this attempt.
        attempt: Of a ticket that has not been counted.
        per_customer: Units.
    """
    held = sum(one.quantity for one in home.live)
    return not (held + attempt.quantity > per_customer or home.ended + len(home.live) >= MAX_ORDERS)


def order_nonce(sale_id: str, customer_id: CustomerId, salt: int) -> bytes:
    """What a flash order's number is derived from; the sweep can rebuild it from an entry."""
    return f"flash|{sale_id}|{customer_id}|{salt}".encode()


def shard_count(units: int) -> int:
    """How many shards a sale of that many units needs."""
    return max(-(-units // UNITS_PER_SHARD), 1)


def spread(units: int, shards: int) -> list[int]:
    """Units per shard, as even as can be; they sum to `units`."""
    base, more = divmod(units, shards)
    return [base + (1 if number < more else 0) for number in range(shards)]


class SaleStatus(StrEnum):
    """How a sale looks to shoppers (`api-contract`: flash sale status)."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    SOLD_OUT = "sold_out"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class FlashSale:
    """A sale's terms. Prices in fen, times in UTC seconds, `ends_at` exclusive.

    Attributes:
        units: What was moved out of the SKU for it.
        shards: Over how many shards the units are spread.
        key_version: The key that its order numbers are derived under, whatever rotates meanwhile.
        open: Every shard is filled.
        weight_g, volume_cm3, freight: Of one unit, for its delivery fee.
    """

    id: str
    title: str
    sku_id: str
    product_id: str
    sku_title: str
    spec: str
    image_url: str
    price_fen: int
    units: int
    shards: int
    per_customer: int
    starts_at: int
    ends_at: int
    key_version: str
    open: bool
    weight_g: int = 0
    volume_cm3: int = 0
    freight: str = ""

    def load(self, pieces: int) -> Load:
        """What is to be sent of so many units."""
        return Load(
            template_id=self.freight,
            pieces=pieces,
            weight_g=self.weight_g * pieces,
            volume_cm3=self.volume_cm3 * pieces,
            amount_fen=self.price_fen * pieces,
        )

    def status(self, now: int, *, sold_out: bool) -> SaleStatus:
        """How it looks at that time."""
        if now < self.starts_at or not self.open:
            return SaleStatus.SCHEDULED
        if now >= self.ends_at:
            return SaleStatus.ENDED
        return SaleStatus.SOLD_OUT if sold_out else SaleStatus.RUNNING
