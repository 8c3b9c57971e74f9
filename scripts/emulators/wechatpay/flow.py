"""The daily fund-flow bill of the basic account: what came in and went out, and what was left."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from scripts.emulators.wechatpay.clock import beijing_date, beijing_text
from scripts.emulators.wechatpay.ledger import CLOSED, Ledger

FEE_RATE = Decimal("0.006")
COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,"
    "资金变更提交申请人,备注,业务凭证号"
)
SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


@dataclass(frozen=True)
class Movement:
    """One change of the balance; fen, negative when money goes out."""

    at: float
    number: str
    name: str
    kind: str
    fen: int
    voucher: str


def movements(ledger: Ledger) -> list[Movement]:
    """Every change there ever was, oldest first."""
    return sorted(_all(ledger), key=lambda one: one.at)


def _all(ledger: Ledger) -> Iterator[Movement]:
    for order in ledger.orders.values():
        if order.paid_at is not None:
            number, fee = str(order.transaction_id), _fee(order.total)
            name = order.out_trade_no
            yield Movement(order.paid_at, number, "交易", "交易", order.total, name)
            if fee:
                yield Movement(order.paid_at, number, "扣除交易手续费", "交易", -fee, name)
    for refund in ledger.refunds.values():
        if refund.status == CLOSED:
            continue
        number, fee = refund.refund_id, _fee(refund.amount)
        name = refund.out_refund_no
        yield Movement(refund.created_at, number, "退款", "退款", -refund.amount, name)
        if fee:
            yield Movement(refund.created_at, number, "退还交易手续费", "退款", fee, name)


def rows(ledger: Ledger, date: str) -> list[list[str]]:
    """The rows of one Beijing day."""
    balance, found = 0, []
    for serial, one in enumerate(movements(ledger), start=1):
        balance += one.fen
        if beijing_date(one.at) != date:
            continue
        found.append(
            [
                beijing_text(one.at),
                one.number,
                f"{date.replace('-', '')}{serial:012d}",
                one.name,
                one.kind,
                "收入" if one.fen > 0 else "支出",
                _yuan(abs(one.fen)),
                _yuan(balance),
                "system",
                "",
                one.voucher,
            ]
        )
    return found


def summary(found: list[list[str]]) -> list[str]:
    """The closing values."""
    values = [str(len(found))]
    for way in ("收入", "支出"):
        amounts = [Decimal(row[6]) for row in found if row[5] == way]
        values += [str(len(amounts)), f"{sum(amounts, Decimal(0)):.2f}"]
    return values


def _fee(fen: int) -> int:
    return int((fen * FEE_RATE).quantize(Decimal(1), ROUND_HALF_UP))


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}"
