"""How each day's bill compared: one row a day, replaced by every run that came further."""

from collections.abc import Mapping, Sequence

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shop.domain.reconciliation import Progress, Report, State
from shop.store import reads
from shop.store.table import Entity, reconciliation_key
from shop.store.writes import Write, absent, put


class ReconciliationRow(Entity):
    """One day."""

    state = UnicodeAttribute(attr_name="st")
    at = NumberAttribute(attr_name="at")
    rows = NumberAttribute(attr_name="n")
    paid_fen = NumberAttribute(attr_name="p")
    refunded_fen = NumberAttribute(attr_name="r")
    fee = NumberAttribute(attr_name="f")
    differences = UnicodeAttribute(attr_name="d")
    progress = UnicodeAttribute(attr_name="pg", null=True)

    def to_domain(self) -> Report:
        """The report."""
        return Report(
            day=str(self.SK),
            state=State(self.state),
            at=int(self.at),
            rows=int(self.rows),
            paid_fen=int(self.paid_fen),
            refunded_fen=int(self.refunded_fen),
            fee=int(self.fee),
            differences=msgspec.json.decode(self.differences, type=dict[str, int]),
            progress=msgspec.json.decode(self.progress, type=Progress) if self.progress else None,
        )


def keep(report: Report) -> Write:
    """Store how a day compared.

    A whole comparison takes the place of whatever was told before. A run that compared nothing
    leaves what was compared, in whole or in part.
    """
    if report.state is State.DONE:
        return put(_row(report))
    compared_nothing = ReconciliationRow.state.is_in(State.WAITING, State.UNTRUSTED)
    return put(_row(report), absent() | compared_nothing)


def keep_progress(known: Report | None, report: Report) -> Write:
    """Store how far a comparison came, if the day is still as it was known, None for not at all."""
    if known is None:
        return put(_row(report), absent())
    same = (ReconciliationRow.state == known.state) & (ReconciliationRow.at == known.at)
    return put(_row(report), same)


def _row(report: Report) -> ReconciliationRow:
    progress = report.progress
    return ReconciliationRow(
        *reconciliation_key(report.day),
        state=report.state,
        at=report.at,
        rows=report.rows,
        paid_fen=report.paid_fen,
        refunded_fen=report.refunded_fen,
        fee=report.fee,
        differences=msgspec.json.encode(report.differences, order="sorted").decode(),
        progress=msgspec.json.encode(progress).decode() if progress else None,
    )


def of_day(day: str) -> Report | None:
    """How a day compared; None when it was never looked at."""
    row = reads.get(ReconciliationRow, reconciliation_key(day), consistent=True)
    return row.to_domain() if row else None


def of_days(days: Sequence[str]) -> Mapping[str, Report]:
    """How up to 100 days compared, by day; those never looked at are left out."""
    found = reads.batch(ReconciliationRow, [reconciliation_key(day) for day in days])
    return {str(row.SK): row.to_domain() for row in found.values()}
