"""Whether WeChat was told of an order's parcels: one row per order, due until it was.

The row says only that there is something to tell; what that is follows from the parcels. Whoever
tells holds the row meanwhile (`held_until`), since two reports at once would be one and its
correction.
"""

from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.store import reads
from shop.store.table import Entity, due_partition, order_of_report, report_key
from shop.store.writes import ConditionFailed, Raw, Write, apply, present, update

REPORT = "B"
"""The kind of due work that reports are; staff ship so few a second that one shard does."""
SHARD = 0
HELD_SECONDS = 60
"""Longer than any function that tells may run."""


class ReportState(StrEnum):
    """How far a report is."""

    TO_TELL = "TO_TELL"
    TOLD = "TOLD"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


class ReportRow(Entity):
    """One order's report. `wanted` counts the reasons to tell; `tries` those since the last."""

    customer_id = UnicodeAttribute(attr_name="cu")
    state = UnicodeAttribute(attr_name="st")
    wanted = NumberAttribute(attr_name="w")
    tries = NumberAttribute(attr_name="n", default=0)
    since = NumberAttribute(attr_name="c")
    held_until = NumberAttribute(attr_name="h", default=0)
    code = UnicodeAttribute(attr_name="co", null=True)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @property
    def order_no(self) -> str:
        """Which order."""
        return order_of_report(str(self.PK))


def want(customer_id: str, order_no: str, now: int) -> Write:
    """There is something to tell from now on; goes with the change of the parcels."""
    return update(
        ReportRow(*report_key(order_no)),
        [
            ReportRow.customer_id.set(customer_id),
            ReportRow.wanted.add(1),
            ReportRow.state.set(ReportState.TO_TELL),
            ReportRow.tries.set(0),
            ReportRow.since.set(now),
            ReportRow.due_work.set(due_partition(REPORT, SHARD)),
            ReportRow.due_at.set(now),
        ],
    )


def hold(key: tuple[str, str], now: int) -> ReportRow | None:
    """Take a due report, for `HELD_SECONDS`; None when it is not due or another holds it."""
    free: Condition = ReportRow.held_until.does_not_exist() | (ReportRow.held_until <= now)
    due: Condition = ReportRow.due_at <= now
    try:
        raw = apply(
            update(
                ReportRow(*key),
                [ReportRow.tries.add(1), ReportRow.held_until.set(now + HELD_SECONDS)],
                present() & due & free,
            )
        )
    except ConditionFailed:
        return None
    return _of_raw(raw)


def settle(
    held: ReportRow, state: ReportState, now: int, *, code: str = "", due_at: int | None = None
) -> None:
    """Let a held report go, with what came of it; it stays due if more has to be told since.

    Args:
        held: As `hold` gave it.
        state: What came of it.
        now: UTC seconds.
        code: What WeChat said, "" for nothing.
        due_at: When to look at it again; None for not at all.
    """
    actions: list[Action] = [
        ReportRow.state.set(state),
        ReportRow.held_until.set(now),
        ReportRow.code.set(code),
    ]
    if due_at is None:
        actions += [ReportRow.due_work.remove(), ReportRow.due_at.remove()]
    else:
        actions.append(ReportRow.due_at.set(due_at))
    mine: Condition = ReportRow.held_until == held.held_until
    row = ReportRow(str(held.PK), str(held.SK))
    try:
        apply(update(row, actions, mine & (ReportRow.wanted == held.wanted)))
    except ConditionFailed:
        _let_go(row, mine, now)


def _let_go(row: ReportRow, mine: Condition, now: int) -> None:
    try:
        apply(update(row, [ReportRow.held_until.set(now)], mine))
    except ConditionFailed:
        return


def read(order_no: str) -> ReportRow | None:
    """An order's report as it is now."""
    return reads.get(ReportRow, report_key(order_no), consistent=True)


def _of_raw(raw: Raw) -> ReportRow:
    row: ReportRow = ReportRow.from_raw_data(dict(raw))
    return row
