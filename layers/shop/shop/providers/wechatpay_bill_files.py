"""Bills as WeChat Pay writes them, read row by row (`providers` 2.8).

UTF-8 CSV with a byte order mark or without, a header, a backtick before every value, and two
closing rows. Names of goods may hold commas, so values are parted by comma and backtick; columns
are found by their names. Yuan become fen by exact decimals. The bytes are held once and read as
often as asked; no row is kept.

May import: domain.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from shop.domain.bills import BilledRow, Movement, Survey, Wanted
from shop.domain.calendar import SHANGHAI

_UNREADABLE_SHOWN = 100
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,5})?")
_RATE = re.compile(r"([0-9]{1,2}\.[0-9]{2})%")
_TIME_LETTERS = 19
_COUNT = re.compile(r"[0-9]{1,9}")
_NONE = frozenset({"", "0"})
_FEE_PLACES = 5
_FEE = "手续费"
_TRADES = frozenset({"交易", "退款"})
_IN, _OUT = "收入", "支出"
_TRADE_TOTALS = {
    "应结订单总金额": ("应结订单金额", 2),
    "退款总金额": ("退款金额", 2),
    "充值券退款总金额": ("充值券退款金额", 2),
    "手续费总金额": ("手续费", _FEE_PLACES),
    "订单总金额": ("订单金额", 2),
    "申请退款总金额": ("申请退款金额", 2),
}

Values = dict[str, str]
Header = dict[str, int]
"""Columns' names and their places."""


class _RowError(ValueError):
    """A row is not what WeChat Pay documents."""


class _File:
    """The bytes of a bill."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    @property
    def digest(self) -> str:
        """What tells its content from any other."""
        return hashlib.sha256(self.content).hexdigest()


class TradeBillFile(_File):
    """A trade bill of type ALL."""

    def survey(self) -> Survey:
        """Look through all of it; the closing line is compared in fen and thousandths of a fen."""
        survey = Survey(summed=dict.fromkeys(("总交易单数", *_TRADE_TOTALS), 0))
        for number, header, values, closing in _lines(self.content):
            row = _named(header, values)
            try:
                if closing:
                    survey.stated = _trade_totals(row)
                    continue
                survey.rows += 1
                _billed(row)
                survey.summed["总交易单数"] += 1
                for name, (column, places) in _TRADE_TOTALS.items():
                    survey.summed[name] += _scaled(row[column], places)
            except (_RowError, KeyError):
                _remember(survey, number)
        return survey

    def rows(self, wanted: Wanted) -> Iterator[BilledRow]:
        """The readable rows whose order number is wanted."""
        return self._rows(lambda header, values: wanted(values[header["商户订单号"]]))

    def rows_moved(self, wanted: Wanted) -> Iterator[BilledRow]:
        """The readable rows whose transaction or refund id is wanted."""
        return self._rows(lambda header, values: wanted(_number(header, values)))

    def _rows(self, wanted: Callable[[Header, list[str]], bool]) -> Iterator[BilledRow]:
        for _, header, values, closing in _lines(self.content):
            try:
                # Most rows of most passes end here, before their values are given names.
                if not closing and wanted(header, values):
                    yield _billed(_named(header, values))
            except (_RowError, LookupError):
                continue


class FundFlowFile(_File):
    """A fund-flow bill of the basic account."""

    def survey(self) -> Survey:
        """Look through all of it."""
        names = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
        survey = Survey(summed=dict.fromkeys(names, 0))
        for number, header, values, closing in _lines(self.content):
            row = _named(header, values)
            try:
                if closing:
                    survey.stated = {
                        name: _scaled(row[name], 2) if name.endswith("金额") else _count(row[name])
                        for name in names
                    }
                    continue
                survey.rows += 1
                amount = _signed(row)
                way = _IN if amount >= 0 else _OUT
                survey.summed["资金流水总笔数"] += 1
                survey.summed[f"{way}笔数"] += 1
                survey.summed[f"{way}金额"] += abs(amount)
            except (_RowError, KeyError):
                _remember(survey, number)
        return survey

    def movements(self, wanted: Wanted) -> Iterator[Movement]:
        """The readable rows of trades whose number is wanted; deposits and the like are none."""
        for _, header, values, closing in _lines(self.content):
            try:
                if closing or not wanted(values[header["微信支付业务单号"]]):
                    continue
                row = _named(header, values)
                kind = row["业务类型"]
                is_fee = _FEE in kind or _FEE in row["业务名称"]
                if is_fee or kind in _TRADES:
                    yield Movement(row["微信支付业务单号"], is_fee, _signed(row))
            except (_RowError, LookupError):
                continue


def _lines(content: bytes) -> Iterator[tuple[int, Header, list[str], bool]]:
    """Each row with its line number, its header, and whether it is the closing one."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace")
    header: Header = {}
    closing = False
    for number, raw in enumerate(text, start=1):
        line = raw.rstrip("\r\n")
        if not line:
            continue
        if line.startswith("`"):
            yield number, header, line[1:].split(",`"), closing
        else:
            closing = bool(header)
            header = {name: place for place, name in enumerate(line.split(","))}


def _named(header: Header, values: list[str]) -> Values:
    """A row's values by their columns; none of them where it does not fit its header."""
    return dict(zip(header, values, strict=True)) if len(values) == len(header) else {}


def _billed(row: Values) -> BilledRow:
    out_refund_no = row["商户退款单号"]
    is_refund = out_refund_no not in _NONE
    rate = _RATE.fullmatch(row["费率"])
    if rate is None:
        raise _RowError
    return BilledRow(
        at=_instant(row["交易时间"]),
        appid=row["公众账号ID"],
        mchid=row["商户号"],
        transaction_id=row["微信订单号"],
        order_no=row["商户订单号"],
        state=row["交易状态"],
        currency=row["货币种类"],
        total_fen=_scaled(row["订单金额"], 2),
        settled_fen=_scaled(row["应结订单金额"], 2),
        refund_id=row["微信退款单号"] if is_refund else "",
        out_refund_no=out_refund_no if is_refund else "",
        refund_fen=_scaled(row["申请退款金额"], 2),
        refund_status=row["退款状态"] if is_refund else "",
        attach=row["商户数据包"],
        fee=_scaled(row["手续费"], _FEE_PLACES),
        rate=int(rate[1].replace(".", "")),
    )


def _trade_totals(row: Values) -> dict[str, int]:
    totals = {"总交易单数": _count(row["总交易单数"])}
    for name, (_, places) in _TRADE_TOTALS.items():
        totals[name] = _scaled(row[name], places)
    return totals


def _signed(row: Values) -> int:
    amount, way = _scaled(row["收支金额（元）"], 2), row["收支类型"]
    if way not in {_IN, _OUT} or amount < 0:
        raise _RowError
    return amount if way == _IN else -amount


def _scaled(text: str, places: int) -> int:
    """Yuan as an integer of units of 10**-places; never more decimals than that."""
    if not _AMOUNT.fullmatch(text):
        raise _RowError
    scaled = Decimal(text).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise _RowError
    return int(scaled)


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise _RowError
    return int(text)


def _instant(text: str) -> int:
    """UTC seconds of a Beijing time such as 2026-11-22 10:30:00."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as failure:
        raise _RowError from failure
    if len(text) != _TIME_LETTERS or moment.tzinfo is not None:
        raise _RowError
    return int(moment.replace(tzinfo=SHANGHAI).timestamp())


def _number(header: Header, values: list[str]) -> str:
    """What the fund-flow bill knows a row by."""
    is_refund = values[header["商户退款单号"]] not in _NONE
    return values[header["微信退款单号" if is_refund else "微信订单号"]]


def _remember(survey: Survey, number: int) -> None:
    if len(survey.unreadable) < _UNREADABLE_SHOWN:
        survey.unreadable.append(number)
