"""What is to be shipped as the rows of a sheet: to print, and to fill in for ``ship import``."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from scripts.operator_cli.sheet.products import SHANGHAI

HEADINGS = (
    "订单号", "付款时间", "收件人", "电话", "省", "市", "区", "详细地址",
    "商品", "件数", "买家留言", "明细", "快递公司", "运单号",
)  # fmt: skip


def rows(orders: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The headings, then one row per order; the courier's two columns are empty."""
    yield list(HEADINGS)
    for order in orders:
        lines, to = order["lines"], order["address"]
        paid_at = datetime.fromisoformat(order["paid_at"]).astimezone(SHANGHAI)
        yield [
            order["order_no"],
            f"{paid_at:%Y-%m-%d %H:%M:%S}",
            *(to[name] for name in ("name", "phone", "province", "city", "district", "detail")),
            "；".join(f"{line['title']} {line['spec']} ×{line['quantity']}" for line in lines),
            str(sum(line["quantity"] for line in lines)),
            order["remark"],
            ";".join(f"{line['line_id']}x{line['quantity']}" for line in lines),
            "",
            "",
        ]
