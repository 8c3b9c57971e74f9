"""What goes with a change that staff make, in the same transaction: its key and its audit entry."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from shop.store.writes import Write


class Outcome(StrEnum):
    """What a change came to, in a word."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


Note = Callable[[object, object, Outcome], Sequence[Write]]
"""From what a thing was (None: nothing), what it is then, and the answer, the writes to add."""


def without_note(before: object, after: object, answer: Outcome) -> Sequence[Write]:
    """For changes that no request of staff stands behind."""
    del before, after, answer
    return ()
