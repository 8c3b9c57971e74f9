"""How a day's bill compared, on the wire."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shop.domain.reconciliation import Report
from shop.store.anomalies import AnomalyRow
from shop.web.schemas.times import rfc3339


class DifferenceView(msgspec.Struct, frozen=True):
    """One difference; `facts` are numbers and amounts."""

    kind: str
    key: str
    facts: Mapping[str, Any]
    found_at: str

    @classmethod
    def of(cls, row: AnomalyRow) -> "DifferenceView":
        """The difference that opened an anomaly."""
        kind, _, key = str(row.SK).partition("#")
        return cls(kind, key, msgspec.json.decode(row.facts), rfc3339(int(row.at)))


class ReconciliationView(msgspec.Struct, frozen=True):
    """A day's reconciliation; `items` are all its differences, of earlier runs too."""

    day: str
    state: str
    ran_at: str
    rows: int
    paid_fen: int
    refunded_fen: int
    fee_thousandths_of_fen: int
    differences: Mapping[str, int]
    items: Sequence[DifferenceView]
    next_cursor: str | None

    @classmethod
    def of(
        cls, report: Report, rows: Sequence[AnomalyRow], next_cursor: str | None
    ) -> "ReconciliationView":
        """The report with one page of its differences."""
        return cls(
            day=report.day,
            state=report.state,
            ran_at=rfc3339(report.at),
            rows=report.rows,
            paid_fen=report.paid_fen,
            refunded_fen=report.refunded_fen,
            fee_thousandths_of_fen=report.fee,
            differences=dict(report.differences),
            items=[DifferenceView.of(row) for row in rows],
            next_cursor=next_cursor,
        )
