"""After a rotation, seal anew what an older key sealed, so that the older key can be retired.

A run goes over a stretch of the table and may stop anywhere: each value is replaced on the
condition that it is still the one that was read, so nothing newer is lost, and whatever was
replaced is passed over by the next run. Where the openid of a customer is known, it also gets its
code under the current key, without which they would be a stranger once the old key is gone.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, is_current, seal, unseal
from shop.store import customers, reads, sealed_rows
from shop.store.sealed_rows import Box
from shop.store.table import Key
from shop.store.writes import ConditionFailed, Write, apply, together
from shop.usecases.login import openid_macs

PAGE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did.

    Attributes:
        looked_at: Rows of the table, of every kind.
        resealed: Values that were sealed under the current key.
        unreadable: Values under a key that is not listed, or damaged; left as they are.
        after: Where the next run goes on; None when the table's end was reached.
    """

    looked_at: int
    resealed: int
    unreadable: int
    after: Key | None


def run(ring: KeyRing, after: Key | None, may_go_on: Callable[[], bool]) -> Run:
    """Go over the table from after a key, until its end or the end of the time.

    Args:
        ring: Keys; what is not under the current one is sealed anew.
        after: Where the run before ended; None for the beginning.
        may_go_on: Asked after each page of rows.

    Raises:
        UnavailableError: The store did not answer; the same run may be begun again.
    """
    looked_at = resealed = unreadable = 0
    while True:
        page = reads.scan_page(PAGE_ROWS, after)
        looked_at += len(page.items)
        for raw in page.items:
            for box in sealed_rows.boxes_of(raw):
                if is_current(ring, box.content):
                    continue
                try:
                    plain = unseal(ring, box.purpose, box.content, box.owner.encode())
                except UnsealError:
                    unreadable += 1
                    continue
                resealed += _replace(ring, box, plain)
        after = None if page.last is None else (page.last["PK"]["S"], page.last["SK"]["S"])
        if after is None or not may_go_on():
            return Run(looked_at, resealed, unreadable, after)


def _replace(ring: KeyRing, box: Box, plain: bytes) -> bool:
    """Whether it was replaced; whoever changed it meanwhile has sealed it anew."""
    write = sealed_rows.replace(box, seal(ring, box.purpose, plain, box.owner.encode()))
    with suppress(ConditionFailed):
        _write(_identified(ring, box, plain, write))
        return True
    return False


def _identified(ring: KeyRing, box: Box, plain: bytes, write: Write) -> Sequence[Write]:
    if box.purpose != sealed_rows.OPENID:
        return [write]
    return [write, customers.keep_identity(openid_macs(ring, plain.decode())[0], box.owner)]


def _write(writes: Sequence[Write]) -> None:
    if len(writes) == 1:
        apply(writes[0])
        return
    try:
        together(writes)
    except ConditionFailed as refused:
        if refused.failed[0] is not None:
            raise
        # The openid leads to somebody else by now: this one is about to be erased.
        apply(writes[0])
