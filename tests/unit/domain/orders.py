"""An order to look at, and what its lines are."""

from typing import Any

from shop.domain.ids import CustomerId, OrderNo
from shop.domain.order import Order, OrderStatus
from shop.domain.quote_line import QuoteLine
from tests.unit.domain.baskets import HOME

CREATED, PAY_BEFORE, PAID = 1_000, 1_900, 1_500
LINES = (
    QuoteLine("p1-1", 2, 100, 0, 1, "云雾绿茶", "小", "", None),
    QuoteLine("p1-2", 1, 300, 50, 1, "龙井", "大", "", 3),
)


def order(status: OrderStatus = OrderStatus.TO_PAY, **values: Any) -> Order:
    """An order of two lines in this state."""
    told: dict[str, Any] = {
        "order_no": OrderNo("1xR6zg1" + "0" * 18),
        "customer_id": CustomerId("wang"),
        "status": status,
        "version": 1,
        "lines": LINES,
        "goods_total_fen": 500,
        "discount_total_fen": 50,
        "freight_fen": 0,
        "payable_fen": 450,
        "claim_ids": (),
        "address": HOME,
        "remark": "",
        "from_cart": False,
        "created_at": CREATED,
        "pay_before": PAY_BEFORE,
        **values,
    }
    return Order(**told)
