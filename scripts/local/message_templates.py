"""The subscribe messages of a local shop; the WeChat emulator takes any template id."""

import json

PAGE = "pages/order/show?order_no={order_no}"
TEMPLATES = {
    "paid": {
        "id": "T-paid",
        "fields": {"character_string1": "order_no", "thing2": "goods", "amount3": "amount"},
        "page": PAGE,
    },
    "shipped": {
        "id": "T-shipped",
        "fields": {"thing1": "courier", "character_string2": "tracking_no", "time3": "time"},
        "page": PAGE,
    },
    "signed": {"id": "T-signed", "fields": {"thing1": "goods", "time2": "time"}, "page": PAGE},
    "closed": {
        "id": "T-closed",
        "fields": {"character_string1": "order_no", "thing2": "reason", "time3": "time"},
        "page": PAGE,
    },
    "refunded": {
        "id": "T-refunded",
        "fields": {"amount1": "amount", "thing2": "reason", "time3": "time"},
        "page": PAGE,
    },
    "coupon_ending": {
        "id": "T-coupon-ending",
        "fields": {"thing1": "coupon", "time2": "time"},
        "page": "pages/coupons/mine",
    },
    "receipt_ending": {
        "id": "T-receipt-ending",
        "fields": {"thing1": "goods", "time2": "time"},
        "page": PAGE,
    },
}


def as_parameter() -> str:
    """As the template's parameter takes them."""
    return json.dumps(TEMPLATES, ensure_ascii=False, separators=(",", ":"))
