"""The daily bills: decimal yuan, a backtick before every value, SHA-1 over the file."""

import gzip
import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from scripts.emulators.wechatpay import flow
from scripts.emulators.wechatpay.clock import beijing_date, beijing_text
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError, param_error
from scripts.emulators.wechatpay.ledger import ABNORMAL, CLOSED, Ledger, Order, Refund
from scripts.emulators.wire import Reply

LINK_LIFE_SECONDS = 300
OLDEST_DAYS = 90
READY_HOUR_SECONDS = 8 * 3600
FLOW_READY_SECONDS = 10 * 3600
DAY_SECONDS = 86400
FEE_RATE = Decimal("0.006")
BILL_TYPES = {"ALL", "SUCCESS", "REFUND"}
ACCOUNTS = {"BASIC", "OPERATION", "FEES"}
COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


class Bills:
    """Makes bills and hands out the one-time links to them."""

    def __init__(self, config: PayConfig, ledger: Ledger, base_url: str) -> None:
        self._config = config
        self._ledger = ledger
        self._base_url = base_url
        self._links: dict[str, tuple[float, bytes]] = {}

    def link(self, query: dict[str, str], token: str, now: float) -> dict[str, Any]:
        """The answer to a trade bill request.

        Args:
            query: ``bill_date``, ``bill_type``, ``tar_type``.
            token: A fresh token for the link.
            now: Plan clock, UTC seconds; decides which days are over.

        Raises:
            PayError: No bill for that day, or not yet.
        """
        date = query.get("bill_date", "")
        kind = query.get("bill_type", "ALL")
        if kind not in BILL_TYPES:
            raise param_error("bill_type", "取值有误", kind)
        self._check(date, query.get("tar_type"), now, READY_HOUR_SECONDS)
        rows = self._rows(date, kind)
        return self._hand_out(_file(rows) if rows else b"", query, token, now)

    def fund_flow_link(self, query: dict[str, str], token: str, now: float) -> dict[str, Any]:
        """The answer to a fund-flow bill request; only the basic account has any movement.

        Args:
            query: ``bill_date``, ``account_type``, ``tar_type``.
            token: A fresh token for the link.
            now: Plan clock, UTC seconds; decides which days are over.

        Raises:
            PayError: No bill for that day, or not yet.
        """
        date = query.get("bill_date", "")
        account = query.get("account_type", "BASIC")
        if account not in ACCOUNTS:
            raise param_error("account_type", "取值有误", account)
        self._check(date, query.get("tar_type"), now, FLOW_READY_SECONDS)
        rows = flow.rows(self._ledger, date) if account == "BASIC" else []
        sums = flow.summary(rows)
        lines = ["\ufeff" + flow.COLUMNS, *map(_line, rows), flow.SUMMARY, _line(sums)]
        return self._hand_out(_bytes(lines) if rows else b"", query, token, now)

    def _hand_out(
        self, content: bytes, query: dict[str, str], token: str, now: float
    ) -> dict[str, Any]:
        if not content:
            raise PayError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        zipped = query.get("tar_type") == "GZIP"
        self._links[token] = (now, gzip.compress(content, mtime=0) if zipped else content)
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "download_url": f"{self._base_url}/v3/billdownload/file?token={token}",
        }

    def download(self, token: str, now: float) -> Reply:
        """The file behind a link not older than 5 minutes; never signed."""
        made_at, content = self._links.get(token, (float("-inf"), b""))
        if now - made_at > LINK_LIFE_SECONDS:
            raise PayError(400, "PARAM_ERROR", "token无效或已过期")
        return Reply(200, {"Content-Type": "application/octet-stream"}, content)

    @staticmethod
    def _check(date: str, tar_type: str | None, now: float, ready_seconds: int) -> None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
            raise param_error("bill_date", "格式须为YYYY-MM-DD", date)
        if tar_type not in {None, "GZIP"}:
            raise param_error("tar_type", "取值有误", tar_type)
        if date >= beijing_date(now) or date < beijing_date(now - OLDEST_DAYS * DAY_SECONDS):
            raise PayError(400, "INVALID_REQUEST", "账单日期有误")
        if date == beijing_date(now - DAY_SECONDS) and beijing_date(
            now - ready_seconds
        ) != beijing_date(now):
            raise PayError(400, "STATEMENT_CREATING", "账单生成中")

    def _rows(self, date: str, kind: str) -> list[dict[str, str]]:
        rows: list[tuple[float, dict[str, str]]] = []
        if kind in {"ALL", "SUCCESS"}:
            rows += [
                (order.paid_at, _payment_row(self._config, order))
                for order in self._ledger.orders.values()
                if order.paid_at is not None and beijing_date(order.paid_at) == date
            ]
        if kind in {"ALL", "REFUND"}:
            rows += [
                (refund.created_at, _refund_row(self._config, order, refund))
                for refund in self._ledger.refunds.values()
                if beijing_date(refund.created_at) == date
                for order in [self._ledger.order_of(refund)]
            ]
        return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def yuan(fen: int) -> str:
    """Fen as decimal yuan with two places."""
    return f"{Decimal(fen) / 100:.2f}"


def _base_row(config: PayConfig, order: Order) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS.split(","), "")
    return row | {
        "公众账号ID": config.appid,
        "商户号": config.mchid,
        "特约商户号": "0",
        "微信订单号": order.transaction_id or "",
        "商户订单号": order.out_trade_no,
        "用户标识": order.openid,
        "交易类型": "JSAPI",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": "0.00",
        "代金券金额": "0.00",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": str(order.asked["description"]),
        "商户数据包": str(order.asked.get("attach", "")),
        "手续费": "0.00000",
        "费率": "0.60%",
        "订单金额": "0.00",
        "申请退款金额": "0.00",
    }


def _payment_row(config: PayConfig, order: Order) -> dict[str, str]:
    return _base_row(config, order) | {
        "交易时间": beijing_text(order.paid_at or 0),
        "交易状态": "SUCCESS",
        "应结订单金额": yuan(order.total),
        "手续费": f"{Decimal(order.total) / 100 * FEE_RATE:.5f}",
        "订单金额": yuan(order.total),
    }


def _refund_row(config: PayConfig, order: Order, refund: Refund) -> dict[str, str]:
    state = {ABNORMAL: "CHANGE", CLOSED: "FAIL"}.get(refund.status, refund.status)
    return _base_row(config, order) | {
        "交易时间": beijing_text(refund.created_at),
        "交易状态": "REFUND",
        "微信退款单号": refund.refund_id,
        "商户退款单号": refund.out_refund_no,
        "退款金额": yuan(refund.amount),
        "退款类型": "ORIGINAL",
        "退款状态": state,
        "手续费": f"{-Decimal(refund.amount) / 100 * FEE_RATE:.5f}",
        "申请退款金额": yuan(refund.amount),
    }


def _file(rows: list[dict[str, str]]) -> bytes:
    def total(column: str, places: int = 2) -> str:
        return f"{sum((Decimal(row[column]) for row in rows), Decimal(0)):.{places}f}"

    sums = [
        str(len(rows)),
        total("应结订单金额"),
        total("退款金额"),
        total("充值券退款金额"),
        total("手续费", 5),
        total("订单金额"),
        total("申请退款金额"),
    ]
    lines = ["\ufeff" + COLUMNS, *(_line(row.values()) for row in rows), SUMMARY, _line(sums)]
    return _bytes(lines)


def _bytes(lines: list[str]) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode()


def _line(values: Iterable[str]) -> str:
    return ",".join("`" + value for value in values)
