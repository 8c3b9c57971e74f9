"""Sealing anew, on the wire."""

import msgspec

from shop.crypto.keyring import KeyRing
from shop.store.table import Key
from shop.usecases.reseal import Run
from shop.web.pages import CursorText, read_cursor, write_cursor
from shop.web.schemas.staff import Reason

_LIST = "sealing"
_BETWEEN = "\x00"


class SealingRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run; `cursor` is what the run before answered."""

    reason: Reason
    cursor: CursorText = ""

    def after(self, ring: KeyRing) -> Key | None:
        """Where the run before ended; None for the beginning.

        Raises:
            InvalidError: `invalid_cursor`.
        """
        partition, _, sort = read_cursor(ring, _LIST, self.cursor).partition(_BETWEEN)
        return (partition, sort) if partition else None


class SealingView(msgspec.Struct, frozen=True):
    """What a run did; `next_cursor` is null when the table's end was reached."""

    looked_at: int
    resealed: int
    unreadable: int
    next_cursor: str | None

    @classmethod
    def of(cls, ring: KeyRing, run: Run) -> "SealingView":
        """The view of a run."""
        cursor = write_cursor(ring, _LIST, _BETWEEN.join(run.after)) if run.after else None
        return cls(run.looked_at, run.resealed, run.unreadable, cursor)
