"""Couriers: one table between Kuaidi100's codes, WeChat's ids and the names shoppers read.

Sources: Kuaidi100's company list; WeChat's `get_delivery_list` (providers notes, 3.1).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Courier:
    """One courier company."""

    code: str
    wechat_id: str
    name: str


COURIERS: dict[str, Courier] = {
    courier.code: courier
    for courier in (
        Courier("shunfeng", "SF", "顺丰速运"),
        Courier("zhongtong", "ZTO", "中通快递"),
        Courier("yuantong", "YTO", "圆通速递"),
        Courier("yunda", "YD", "韵达快递"),
        Courier("shentong", "STO", "申通快递"),
        Courier("jd", "JD", "京东物流"),
        Courier("ems", "EMS", "中国邮政EMS"),
        Courier("jtexpress", "JTSD", "极兔速递"),
        Courier("debangwuliu", "DBL", "德邦快递"),
    )
}


def name_of(code: str) -> str:
    """What a shopper reads; the code itself for a courier the table does not know."""
    courier = COURIERS.get(code)
    return courier.name if courier else code
