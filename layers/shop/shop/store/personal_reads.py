"""Who read personal data, and when, for whoever must account for it (PIPL 51).

Each reading is kept twice, by its day and by whom it was about, so that either is one query.
"""

from collections.abc import Iterator, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.domain.calendar import business_day
from shop.store import reads
from shop.store.table import Entity, personal_read_key, personal_read_partition
from shop.store.writes import put, together

KEPT_SECONDS = 3 * 365 * 86_400
MOST_AT_ONCE = 50
"""Two rows each, of the hundred that one transaction takes."""


class PersonalReadRow(Entity):
    """One reading. Names the reader and the customer's id, and nothing that was read."""

    actor = UnicodeAttribute(attr_name="by")
    customer_id = UnicodeAttribute(attr_name="cu")
    what = UnicodeAttribute(attr_name="w")
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")


def log(actor: str, customer_id: str, what: str, request_id: str, now: int) -> None:
    """Note one reading, before it is answered; the same request again is the same entry.

    Args:
        actor: "customer", or "staff:" and a name.
        customer_id: Whose data.
        what: A short word such as "export", or an order's number.
        request_id: Of the request that reads.
        now: UTC seconds.

    Raises:
        UnavailableError: It is not durable, so nothing may be shown.
    """
    log_all(actor, [(customer_id, what, request_id)], now)


def log_all(actor: str, readings: Sequence[tuple[str, str, str]], now: int) -> None:
    """Note readings of one request, before it is answered, `MOST_AT_ONCE` in each transaction.

    Args:
        actor: As for `log`.
        readings: Of each: whose data, what of it, and an id that is its own.
        now: UTC seconds.

    Raises:
        UnavailableError: Some are not durable, so nothing may be shown.
    """
    for begin in range(0, len(readings), MOST_AT_ONCE):
        together(
            [
                put(
                    PersonalReadRow(
                        *personal_read_key(whose, now, request_id),
                        actor=actor,
                        customer_id=customer_id,
                        what=what,
                        at=now,
                        expires_at=now + KEPT_SECONDS,
                    )
                )
                for customer_id, what, request_id in readings[begin : begin + MOST_AT_ONCE]
                for whose in (business_day(now), customer_id)
            ]
        )


def listed(whose: str, after: str = "", limit: int | None = None) -> Iterator[PersonalReadRow]:
    """Readings of a day (`YYYYMMDD`, Shanghai) or about a customer (their id), oldest first.

    Args:
        whose: The day or the customer's id.
        after: The sort key of the last one seen.
        limit: At most so many.
    """
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    yield from reads.query(PersonalReadRow, personal_read_partition(whose), later, limit=limit)
