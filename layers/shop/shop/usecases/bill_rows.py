"""The rows of a day's bills beside the ledger, one shard at a time (`usecases.reconcile`)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shop.domain import reconciliation as rules
from shop.domain.bills import BilledRow, FundFlow, Movement, Survey, TradeBill
from shop.domain.calendar import begins_at, business_day
from shop.domain.ids import CustomerId, OrderNo, is_id
from shop.domain.ledger import Entry, EntryKind, of_refund
from shop.domain.payment import RefundState
from shop.domain.reconciliation import Difference, Kind, Terms
from shop.domain.refund import RefundOrder, RefundStatus
from shop.errors import UnavailableError
from shop.store import anomalies, days, ledger, orders, refunds
from shop.store.table import LEDGER_SHARDS, refund_key, shard_of
from shop.usecases.deps import Account
from shop.usecases.ports import BillSource, PaymentGateway

MOST_DIFFERENCES = 1_000
_BEGUN = frozenset({RefundStatus.PENDING, RefundStatus.PROCESSING})

Rows = Mapping[str, BilledRow]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a reconciliation works with.

    Attributes:
        fee_rate: Agreed with WeChat Pay, in hundredths of a per cent.
        may_go_on: Whether there is time for another pass.
        clock: UTC seconds.
    """

    account: Callable[[], Account]
    gateway: Callable[[], PaymentGateway]
    bills: Callable[[], BillSource]
    fee_rate: int
    may_go_on: Callable[[], bool]
    clock: Callable[[], int]


@dataclass(slots=True)
class Found:
    """The differences so far, each durable before the next is looked for."""

    day: str
    now: int
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, differences: Iterable[Difference]) -> None:
        """Open an anomaly for each, as far as there are not too many.

        Raises:
            UnavailableError: One is not durable.
        """
        for one in differences:
            self.kinds[one.kind] += 1
            total = self.kinds.total()
            if total <= MOST_DIFFERENCES:
                anomalies.report(self.day, one.kind, one.key, one.facts, self.now)
            elif total == MOST_DIFFERENCES + 1:
                most = {"more_than": MOST_DIFFERENCES}
                anomalies.report(self.day, Kind.TOO_MANY, "all", most, self.now)


def go_on(needs: Needs) -> None:
    """Raise UnavailableError when there is no time for another pass."""
    if not needs.may_go_on():
        raise UnavailableError


def compare_shard(shard: int, trade: TradeBill, needs: Needs, found: Found) -> None:
    """Compare the trade bill's rows with one shard of the ledger, and enter their fees.

    Raises:
        UnavailableError: The store or WeChat Pay did not answer.
    """
    account = needs.account()
    terms = Terms(found.day, account.appid, account.mchid, needs.fee_rate)
    rows: dict[str, BilledRow] = {}
    for row in trade.rows(lambda order_no: ledger.shard_for(order_no) == shard):
        if row.reference in rows:
            found.add([rules.of_row(Kind.DUPLICATE_ROW, row)])
        else:
            rows[row.reference] = row
    entries = {(one.kind, one.reference): one for one in ledger.of_shard(found.day, shard)}
    fees: list[Entry] = []
    for reference, row in rows.items():
        found.add(rules.judge_row(row, terms))
        entry = entries.get((_kind(row), reference))
        if entry is not None:
            found.add(rules.judge_pair(row, entry))
            is_ours = True
        else:
            wrong = list(_unentered(row, found.day))
            found.add(wrong)
            is_ours = not wrong
        if is_ours and row.fee and (EntryKind.FEE, reference) not in entries:
            fees.append(_fee(row, entry.customer_id if entry else row.attach, found.day))
    ledger.enter_all(fees)
    found.add(_unmatched(entries.values(), rows, needs, found.day))


def _kind(row: BilledRow) -> EntryKind:
    return EntryKind.REFUND if row.is_refund else EntryKind.PAYMENT


def _fee(row: BilledRow, customer_id: str, day: str) -> Entry:
    at = row.at if row.day == day else begins_at(day)
    return Entry(EntryKind.FEE, row.order_no, customer_id, row.reference, row.fee, at)


def _unentered(row: BilledRow, day: str) -> Iterator[Difference]:
    """A row that the ledger does not have under this day: what the order or refund says of it."""
    customer_id = row.attach if is_id(row.attach) else days.customer_of_order(row.order_no)
    if row.is_refund:
        return _unentered_refund(row, customer_id)
    return _unentered_payment(row, customer_id, day)


def _unentered_payment(row: BilledRow, customer_id: str | None, day: str) -> Iterator[Difference]:
    order = orders.read(CustomerId(customer_id), OrderNo(row.order_no)) if customer_id else None
    if order is None:
        yield rules.of_row(Kind.UNKNOWN_ORDER, row, billed_fen=row.total_fen)
    elif order.transaction_id is None:
        yield rules.of_row(Kind.PAID_THERE_NOT_HERE, row, status=order.status)
    elif order.transaction_id != row.transaction_id:
        yield rules.of_row(Kind.DUPLICATE_PAYMENT, row, ours=order.transaction_id)
    elif order.paid_at is None:
        # Paid too late: the entry was written with its refund, so it is under another day.
        if row.day == day:
            yield rules.of_row(Kind.DAY, row)
    else:
        entry = ledger.of_order_row(order)
        if ledger.enter(entry):
            yield rules.of_row(Kind.NOT_ENTERED, row, entered_fen=entry.amount)
        elif row.day == day:
            yield rules.of_row(Kind.DAY, row, ours=entry.day)
        yield from rules.judge_pair(row, entry)


def _unentered_refund(row: BilledRow, customer_id: str | None) -> Iterator[Difference]:
    refund = _refund_of(row, customer_id) if customer_id else None
    if refund is None:
        yield rules.of_row(Kind.REFUND_THERE_NOT_HERE, row, billed_fen=row.refund_fen)
        return
    if refund.amount_fen != row.refund_fen:
        yield rules.refund_amount(row, refund.amount_fen)
    if refund.status is RefundStatus.SUCCESS and ledger.enter(of_refund(refund)):
        yield rules.of_row(Kind.NOT_ENTERED, row, entered_fen=refund.amount_fen)
    if not _agree(row.refund_status, refund.status):
        yield rules.refund_status(row, refund.status)


def _refund_of(row: BilledRow, customer_id: str) -> RefundOrder | None:
    sequence = row.out_refund_no.removeprefix(f"{row.order_no}-")
    return refunds.read(*refund_key(customer_id, row.order_no, sequence))


def _agree(billed: str, ours: RefundStatus) -> bool:
    """Whether a refund can stand so there and so here; a bill is hours old when it is read."""
    if ours in _BEGUN or billed == "PROCESSING":
        return ours not in {RefundStatus.REQUESTED, RefundStatus.REFUSED}
    ends = {
        "SUCCESS": {RefundStatus.SUCCESS},
        # To be sent again to another card, which may have been done since.
        "CHANGE": {RefundStatus.ABNORMAL, RefundStatus.SUCCESS},
        "FAIL": {RefundStatus.CLOSED},
    }
    return ours in ends.get(billed, set())


def _unmatched(
    entries: Iterable[Entry], rows: Rows, needs: Needs, day: str
) -> Iterator[Difference]:
    """Entries that the bill does not have."""
    for entry in entries:
        if entry.kind is EntryKind.FEE or entry.reference in rows:
            continue
        if entry.kind is EntryKind.PAYMENT or _belongs_to(day, entry, needs):
            yield rules.not_billed(entry, refund=entry.kind is EntryKind.REFUND)


def _belongs_to(day: str, entry: Entry, needs: Needs) -> bool:
    """Whether a refund belongs to this day's bill: bills count it to the day it was accepted."""
    go_on(needs)
    said = needs.gateway().query_refund(entry.reference)
    return said.state is RefundState.NOT_FOUND or business_day(said.accepted_at) == day


def survey_flow(flow: FundFlow | None, survey: Survey, found: Found) -> None:
    """Judge the fund-flow bill as a whole; without one there must be no trade.

    Args:
        flow: None when WeChat Pay has none.
        survey: Of the trade bill.
        found: Takes the differences.

    Raises:
        UnavailableError: A difference is not durable.
    """
    if flow is not None:
        found.add(rules.judge_survey(flow.survey(), flow=True))
    elif survey.rows:
        found.add([Difference(Kind.FLOW_MISSING, found.day, {"rows": survey.rows})])


def compare_flow_shard(shard: int, trade: TradeBill, flow: FundFlow, found: Found) -> None:
    """Compare one eighth of the trade bill, by WeChat's numbers, with what moved on the account.

    Raises:
        UnavailableError: A difference is not durable.
    """

    def wanted(number: str) -> bool:
        return shard_of(number, LEDGER_SHARDS) == shard

    movements: dict[str, list[Movement]] = {}
    for movement in flow.movements(wanted):
        movements.setdefault(movement.provider_no, []).append(movement)
    rows = {row.provider_no: row for row in trade.rows_moved(wanted)}
    found.add(rules.judge_flow(rows, movements))
