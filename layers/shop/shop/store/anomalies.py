"""What does not add up and a person must look at: durable first, then an alarm."""

from collections.abc import Iterator, Mapping

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.store import reads
from shop.store.table import Entity, anomaly_key, anomaly_partition
from shop.store.writes import ConditionFailed, absent, apply, put
from shop.telemetry import logger, metrics, of_order


class AnomalyRow(Entity):
    """One anomaly; `facts` is JSON without personal data."""

    facts = UnicodeAttribute(attr_name="f")
    at = NumberAttribute(attr_name="at")


def of_kinds(day: str, prefix: str, after: str = "") -> Iterator[AnomalyRow]:
    """A day's anomalies whose kind begins so, by kind and key, from the one after `after` on."""
    starts: Condition = AnomalyRow.SK.startswith(prefix)
    if after:
        starts = AnomalyRow.SK.between(after, f"{prefix}~")
    for row in reads.query(AnomalyRow, anomaly_partition(day), starts):
        if str(row.SK) != after:
            yield row


def of_day(day: str, after: str = "", limit: int | None = None) -> Iterator[AnomalyRow]:
    """A day's anomalies by kind and key; `after` is the sort key of the last one seen."""
    later = Entity.SK > after if after else None  # noqa: SIM300 - an expression
    yield from reads.query(AnomalyRow, anomaly_partition(day), later, limit=limit)


def report(day: str, kind: str, key: str, facts: Mapping[str, object], now: int) -> None:
    """Make an anomaly durable, once per kind and key, and raise the alarm metric.

    Args:
        day: `YYYYMMDD`, Shanghai; the day of the thing itself, so that a repeat finds its row.
        kind: A short word such as "amount_mismatch".
        key: What tells one anomaly of the kind from another.
        facts: For the person who looks; numbers and amounts, no personal data.
        now: UTC seconds.

    Raises:
        UnavailableError: It is not durable.
    """
    row = AnomalyRow(
        *anomaly_key(day, kind, key), facts=msgspec.json.encode(facts).decode(), at=now
    )
    try:
        apply(put(row, absent()))
    except ConditionFailed:
        return
    with of_order(str(facts.get("order_no") or facts.get("out_trade_no") or "")):
        logger.error("anomaly", kind=kind, anomaly_key=key)
    metrics.add_metric(name="Anomaly", unit="Count", value=1)
