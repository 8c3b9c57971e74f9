"""Couriers: one table between Kuaidi100's codes, WeChat's ids and the names shoppers read.

Staff may replace it; until they do it is `BUILT_IN`. Sources: Kuaidi100's company list; WeChat's
`get_delivery_list` (providers notes, 3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Courier:
    """One courier company.

    Attributes:
        code: Kuaidi100's code, lower-case; the shop's own word for it.
        wechat_id: WeChat's delivery id.
        name: What a shopper reads.
    """

    code: str
    wechat_id: str
    name: str


BUILT_IN: tuple[Courier, ...] = (
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


MARKS = (("SF", "shunfeng"), ("YT", "yuantong"), ("JD", "jd"), ("JT", "jt"), ("DPK", "debang"))
"""Letters that couriers put in front of their own numbers, and how those couriers' codes begin."""


def is_of_another(tracking_no: str, code: str) -> bool:
    """Whether a number bears the mark of another courier than the one with this code."""
    marked = (owner for mark, owner in MARKS if tracking_no.upper().startswith(mark))
    return any(not code.startswith(owner) for owner in marked)


def by_code(couriers: Sequence[Courier]) -> dict[str, Courier]:
    """The table by code."""
    return {courier.code: courier for courier in couriers}
