"""Anomalies and dead letters on the wire."""

from typing import Annotated, Any

import msgspec

from shop.store.anomalies import AnomalyRow
from shop.store.dead_letters import LetterRow
from shop.store.table import COUPON_PREFIX, order_no_of, order_of_part
from shop.usecases.dead_letters import Redriven
from shop.web.pages import PageQuery
from shop.web.schemas.fields import Text
from shop.web.schemas.times import rfc3339


class DayQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """One day's list; today (Shanghai) unless told."""

    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""


class AnomalyView(msgspec.Struct, frozen=True):
    """Something a person must look at."""

    at: str
    kind: str
    key: str
    facts: Any

    @classmethod
    def of(cls, row: AnomalyRow) -> "AnomalyView":
        """The view of an anomaly."""
        kind, _, key = str(row.SK).partition("#")
        return cls(rfc3339(int(row.at)), kind, key, msgspec.json.decode(row.facts))


class DeadLetterView(msgspec.Struct, frozen=True):
    """A change whose followers failed: `order`, `refund`, `parcel`; `coupon`, `catalogue`."""

    id: str
    what: str
    order_no: str
    version: int
    changed_at: str
    failure: str
    filed_at: str
    tries: int

    @classmethod
    def of(cls, row: LetterRow) -> "DeadLetterView":
        """The view of a letter."""
        what, order_no = _named(*row.changed)
        return cls(
            id=row.id,
            what=what,
            order_no=order_no,
            version=int(row.version),
            changed_at=rfc3339(int(row.changed_at)),
            failure=row.failure,
            filed_at=rfc3339(int(row.filed_at)),
            tries=int(row.tries),
        )


_KINDS = {"O": "order", "R": "refund", "P": "parcel"}


def _named(partition: str, sort_key: str) -> tuple[str, str]:
    """What a row is, and the number of the order that it belongs to."""
    if not partition.startswith("C#"):
        return ("coupon" if partition.startswith(COUPON_PREFIX) else "catalogue"), ""
    kind = _KINDS[sort_key[0]]
    return kind, order_no_of(sort_key) if kind == "order" else order_of_part(sort_key)


class RedriveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many dead letters to do again, and why now."""

    reason: Text
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25


class RedriveView(msgspec.Struct, frozen=True):
    """What came of it; while `more` is true, letters are left to do."""

    done: int
    failed: int
    more: bool

    @classmethod
    def of(cls, redriven: Redriven) -> "RedriveView":
        """The view of a redrive."""
        return cls(redriven.done, redriven.failed, redriven.more)
