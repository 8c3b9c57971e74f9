"""What can be wrong between WeChat Pay's bill and our books (`reliability.md` P17, R8).

Pure comparisons: each yields differences, and no two kinds say the same thing about one row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shop.domain.bills import BilledRow, Movement, Survey
from shop.domain.ledger import Entry

CURRENCY = "CNY"
FEN = 1_000
"""Thousandths of a fen in one; a fee may be rounded by less than that."""


class Kind(StrEnum):
    """A kind of difference; the word its anomaly is filed under."""

    PAID_THERE_NOT_HERE = "bill_paid_there_not_here"
    PAID_HERE_NOT_THERE = "bill_paid_here_not_there"
    UNKNOWN_ORDER = "bill_unknown_order"
    DUPLICATE_PAYMENT = "bill_duplicate_payment"
    DUPLICATE_ROW = "bill_duplicate_row"
    AMOUNT = "bill_amount"
    CURRENCY = "bill_currency"
    ACCOUNT = "bill_account"
    STATE = "bill_state"
    TRANSACTION = "bill_transaction"
    DAY = "bill_day"
    FEE = "bill_fee"
    FEE_RATE = "bill_fee_rate"
    REFUND_THERE_NOT_HERE = "bill_refund_there_not_here"
    REFUND_HERE_NOT_THERE = "bill_refund_here_not_there"
    REFUND_AMOUNT = "bill_refund_amount"
    REFUND_STATUS = "bill_refund_status"
    NOT_ENTERED = "bill_not_entered"
    TOTAL = "bill_total"
    UNREADABLE = "bill_unreadable"
    MISSING = "bill_missing"
    HASH = "bill_hash"
    FLOW_MISSING = "bill_flow_missing"
    FLOW_HASH = "bill_flow_hash"
    FLOW_UNREADABLE = "bill_flow_unreadable"
    FLOW_TOTAL = "bill_flow_total"
    FLOW_NOT_THERE = "bill_flow_not_there"
    FLOW_UNKNOWN = "bill_flow_unknown"
    FLOW_AMOUNT = "bill_flow_amount"
    FLOW_FEE = "bill_flow_fee"
    TOO_MANY = "bill_too_many"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something a person must look at.

    Attributes:
        key: Tells one difference of a kind and day from another, the same in each run.
        facts: Numbers and amounts, no personal data.
    """

    kind: Kind
    key: str
    facts: Mapping[str, object]


class State(StrEnum):
    """How far a day's reconciliation is."""

    DONE = "done"
    """Both bills were compared."""
    WAITING = "waiting"
    """A bill is not to be had yet; the next run asks again."""
    UNTRUSTED = "untrusted"
    """A bill is not the one that WeChat Pay announced; nothing was compared."""
    PARTIAL = "partial"
    """Time ran out while both bills were compared; the next run goes on from there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a comparison came before its time ran out.

    Attributes:
        bills: Tells the two files compared from any other.
        steps: How many are done.
        differences: How many of each kind those found.
        at: When the last of them was done, UTC seconds.
    """

    bills: str
    steps: int
    differences: Mapping[str, int]
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """How a day's bill compared.

    Attributes:
        day: `YYYYMMDD`, Shanghai.
        at: When, UTC seconds.
        rows: Rows of the trade bill.
        paid_fen, refunded_fen: What they add up to.
        fee: The same for fees, in thousandths of a fen.
        differences: How many of each kind.
        progress: Of a comparison that is not at its end, the day's first or a further one.
    """

    day: str
    state: State
    at: int
    rows: int = 0
    paid_fen: int = 0
    refunded_fen: int = 0
    fee: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)
    progress: Progress | None = None

    @property
    def total(self) -> int:
        """How many differences there are."""
        return sum(self.differences.values())


@dataclass(frozen=True, slots=True)
class Terms:
    """What every row of a bill must agree with.

    Attributes:
        day: Whose bill it is, `YYYYMMDD`, Shanghai.
        fee_rate: Agreed with WeChat Pay, in hundredths of a per cent; 60 is 0.60%.
    """

    day: str
    appid: str
    mchid: str
    fee_rate: int


def judge_row(row: BilledRow, terms: Terms) -> Iterator[Difference]:
    """What is wrong with a row whatever our books say."""
    if row.appid != terms.appid or row.mchid != terms.mchid:
        yield _of(Kind.ACCOUNT, row, appid=row.appid, mchid=row.mchid)
    if row.currency != CURRENCY:
        yield _of(Kind.CURRENCY, row, currency=row.currency)
    if row.day != terms.day:
        yield _of(Kind.DAY, row, named=row.day)
    if row.state != ("REFUND" if row.is_refund else "SUCCESS"):
        yield _of(Kind.STATE, row, state=row.state)
    if row.rate != terms.fee_rate:
        yield _of(Kind.FEE_RATE, row, billed_rate=row.rate, agreed_rate=terms.fee_rate)
    elif _fee_is_wrong(row):
        yield _of(Kind.FEE, row, fee_thousandths=row.fee, rate=row.rate)


def _fee_is_wrong(row: BilledRow) -> bool:
    """Whether the fee is a fen or more from what its rate makes of the amount."""
    base = -row.refund_fen if row.is_refund else row.settled_fen
    if row.refund_status == "FAIL":
        return False
    # fen x hundredths of a per cent = ten-thousandths of a fen.
    return abs(row.fee * 10 - base * row.rate) >= FEN * 10


def judge_pair(row: BilledRow, entry: Entry) -> Iterator[Difference]:
    """What is wrong between a row and the entry of the same number."""
    if entry.order_no != row.order_no:
        yield _of(Kind.TRANSACTION, row, entered_order_no=entry.order_no)
    if not row.is_refund:
        if entry.amount != row.total_fen:
            yield _of(Kind.AMOUNT, row, billed_fen=row.total_fen, entered_fen=entry.amount)
        return
    if entry.amount != row.refund_fen:
        yield refund_amount(row, entry.amount)
    if row.refund_status in {"FAIL", "CHANGE"}:
        yield refund_status(row, "SUCCESS")


def refund_amount(row: BilledRow, ours: int) -> Difference:
    """A refund of another amount than ours."""
    return _of(Kind.REFUND_AMOUNT, row, billed_fen=row.refund_fen, entered_fen=ours)


def refund_status(row: BilledRow, ours: str) -> Difference:
    """A refund that stands elsewhere than we believe."""
    return _of(Kind.REFUND_STATUS, row, billed=row.refund_status, ours=ours)


def of_row(kind: Kind, row: BilledRow, **facts: object) -> Difference:
    """A difference about one row."""
    return _of(kind, row, **facts)


def not_billed(entry: Entry, *, refund: bool) -> Difference:
    """An entry of ours that the bill does not have."""
    kind = Kind.REFUND_HERE_NOT_THERE if refund else Kind.PAID_HERE_NOT_THERE
    facts = {"order_no": entry.order_no, "amount_fen": entry.amount}
    return Difference(kind, entry.reference, facts)


def judge_survey(survey: Survey, *, flow: bool) -> Iterator[Difference]:
    """What is wrong with a bill as a whole."""
    for line in survey.unreadable:
        kind = Kind.FLOW_UNREADABLE if flow else Kind.UNREADABLE
        yield Difference(kind, f"line {line:06}", {"line": line})
    if survey.stated != survey.summed:
        kind = Kind.FLOW_TOTAL if flow else Kind.TOTAL
        yield Difference(kind, "totals", {"stated": survey.stated, "summed": survey.summed})


def judge_flow(
    rows: Mapping[str, BilledRow], movements: Mapping[str, list[Movement]]
) -> Iterator[Difference]:
    """What is wrong between a trade bill's rows and the movements of money, by WeChat's number."""
    for number, row in rows.items():
        yield from _flow_of(row, movements.get(number, []))
    for number, unknown in movements.items():
        if number not in rows:
            facts = {"amounts_fen": [one.amount_fen for one in unknown]}
            yield Difference(Kind.FLOW_UNKNOWN, number, facts)


def _flow_of(row: BilledRow, movements: list[Movement]) -> Iterator[Difference]:
    expected = -row.refund_fen if row.is_refund else row.settled_fen
    moved = [one.amount_fen for one in movements if not one.is_fee]
    fees = sum(one.amount_fen for one in movements if one.is_fee)
    if row.refund_status == "FAIL":
        expected = 0
    if not moved and expected:
        yield _of(Kind.FLOW_NOT_THERE, row, billed_fen=expected)
    elif sum(moved) != expected:
        yield _of(Kind.FLOW_AMOUNT, row, billed_fen=expected, moved_fen=moved)
    # A fee is taken out: it moves the other way, rounded to the fen.
    if row.refund_status != "FAIL" and abs(fees * FEN + row.fee) >= FEN:
        yield _of(Kind.FLOW_FEE, row, billed_thousandths=row.fee, moved_fen=fees)


def _of(kind: Kind, row: BilledRow, **facts: object) -> Difference:
    known = {"order_no": row.order_no, "transaction_id": row.transaction_id}
    if row.is_refund:
        known["out_refund_no"] = row.out_refund_no
    return Difference(kind, row.reference, {**known, **facts})
