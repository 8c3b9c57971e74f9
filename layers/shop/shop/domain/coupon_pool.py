"""Who has got which coupon, inside sharded pools (`docs/adr`: coupon pools).

A coupon's quota is spread over pools. A pool keeps how many it has given out and, per customer,
one entry of a few bytes: the customer's attempts, each under the key it was asked for with. A
customer's home pool (a hash of the customer id) counts every attempt against the limit, wherever
its coupon came from; another pool's entry only says that one came from there. What was given out
never returns, and attempts are never removed, so that full stays full and a late repeat of a write
finds nothing to match.

    entry   = 14 bytes per attempt
    attempt = mark of the key (6), made at (4), ordinal and "from here" (1), pool (3)
"""

import hashlib
import struct
from dataclasses import dataclass, replace

CLAIMS_PER_POOL = 32
"""So that a pool with everything given to different customers stays within 1 KB."""
MOST_PER_POOL = 320
"""How far a quota can be raised: such a pool has 10 KB, and each claim costs ten units."""
MARK_BYTES = 6
_ATTEMPT = struct.Struct(">6sIB3s")
_HERE = 0x80


@dataclass(frozen=True, slots=True)
class Attempt:
    """One coupon asked for.

    Attributes:
        mark: Tells the key it was asked for with from the customer's other keys.
        at: When, UTC seconds; its validity counts from here.
        ordinal: Numbers the customer's attempts on this coupon from 1; names the claim.
        here: Whether it comes from the pool that keeps this entry.
        pool: The pool that it comes from, if that has one left.
    """

    mark: bytes
    at: int
    ordinal: int
    here: bool
    pool: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer's attempts in one pool."""

    attempts: tuple[Attempt, ...] = ()

    @classmethod
    def read(cls, packed: bytes | None) -> "Entry":
        """The entry behind stored bytes; an empty one behind none."""
        return cls(
            tuple(
                Attempt(mark, at, flags & 0x7F, bool(flags & _HERE), int.from_bytes(pool, "big"))
                for mark, at, flags, pool in _ATTEMPT.iter_unpack(packed or b"")
            )
        )

    def packed(self) -> bytes:
        """The bytes to store."""
        return b"".join(
            _ATTEMPT.pack(
                one.mark, one.at, one.ordinal | (_HERE if one.here else 0), one.pool.to_bytes(3)
            )
            for one in self.attempts
        )

    def find(self, mark: bytes) -> Attempt | None:
        """The attempt under this key."""
        return next((one for one in self.attempts if one.mark == mark), None)

    def adding(self, attempt: Attempt) -> "Entry":
        """With one more attempt."""
        return Entry((*self.attempts, attempt))

    def sending(self, attempt: Attempt, pool: int) -> "Entry":
        """With that attempt sent to another pool."""
        return Entry(
            tuple(replace(o, pool=pool) if o.mark == attempt.mark else o for o in self.attempts)
        )

    @property
    def away(self) -> tuple[Attempt, ...]:
        """Attempts at other pools, which may have come to nothing yet."""
        return tuple(one for one in self.attempts if not one.here)

    @property
    def next_ordinal(self) -> int:
        """The number of one more attempt."""
        return len(self.attempts) + 1


def mark_of(customer_id: str, key: str) -> bytes:
    """What tells a customer's key from their other keys."""
    return hashlib.sha256(f"{customer_id}|{key}".encode()).digest()[:MARK_BYTES]


def pool_count(quota: int) -> int:
    """Over how many pools a quota is spread."""
    return max(1, -(-quota // CLAIMS_PER_POOL))


def share_of(quota: int, pools: int, number: int) -> int:
    """How many a pool gives out: as even as can be, and never less when the quota is raised."""
    base, more = divmod(quota, pools)
    return base + (1 if number < more else 0)
