"""Settings from the environment, read once, checked when read.

May import: errors.
"""

import os
from dataclasses import dataclass
from functools import cache

from shop.errors import MisconfiguredError

MOST_COUNTED = 10_000_000
LONGEST_WINDOW_SECONDS = 24 * 3_600
LONGEST_FLASH_WINDOW_SECONDS = 2 * 3_600
"""A reservation counts the seconds until it is due in two bytes, from its ticket's issue on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is told at deployment. Names of secrets, never secrets.

    Attributes:
        table_name: The one table.
        public_base_url: Where providers reach us, https, no trailing slash.
        wechat_base_url: WeChat's server API.
        wechatpay_base_urls: WeChat Pay's hosts in order of preference.
        kuaidi100_base_url: Kuaidi100's query and subscribe host.
        kuaidi100_label_base_url: Kuaidi100's host for electronic waybills.
        sf_express_base_url: SF Express's own host; "" to ask Kuaidi100 for its parcels too.
        pay_window_seconds: How long an ordinary order waits for its money.
        flash_pay_window_seconds: The same for a flash-sale order.
        source_requests_per_minute: What one address may ask of one instance on limited routes, by
            route; 0 for no limit.
        customer_requests_per_minute: The same for one customer.
        approval_stock_pieces: Adjustments of stock by more pieces wait for a second person.
        approval_gift_customers: Gifts of a coupon to more customers wait for a second person.
        approval_refund_fen: Refunds of one order above this sum wait for a second person.
        receipt_days: How long after its last parcel was signed for an order ends by itself.
        wechatpay_fee_rate: Agreed with WeChat Pay, in hundredths of a per cent; 60 is 0.60%.
    """

    table_name: str
    public_base_url: str
    wechat_base_url: str
    wechatpay_base_urls: tuple[str, ...]
    kuaidi100_base_url: str
    kuaidi100_label_base_url: str
    sf_express_base_url: str
    pay_window_seconds: int
    flash_pay_window_seconds: int
    source_requests_per_minute: int
    customer_requests_per_minute: int
    approval_stock_pieces: int
    approval_gift_customers: int
    approval_refund_fen: int
    wechatpay_fee_rate: int
    receipt_days: int


def _text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name) or default
    if value is None:
        raise MisconfiguredError(detail=None, variable=name)
    return value


def _seconds(name: str, default: int, longest: int) -> int:
    raw = os.environ.get(name) or str(default)
    if not raw.isdecimal() or not 1 <= int(raw) <= longest:
        raise MisconfiguredError(variable=name)
    return int(raw)


def _count(name: str, default: int) -> int:
    raw = os.environ.get(name) or str(default)
    if not raw.isdecimal() or int(raw) > MOST_COUNTED:
        raise MisconfiguredError(variable=name)
    return int(raw)


@cache
def settings() -> Settings:
    """The environment as typed values.

    Raises:
        MisconfiguredError: A variable is missing or out of range.
    """
    return Settings(
        table_name=_text("TABLE_NAME"),
        public_base_url=_text("PUBLIC_BASE_URL", "https://shop.invalid").rstrip("/"),
        wechat_base_url=_text("WECHAT_BASE_URL", "https://api.weixin.qq.com").rstrip("/"),
        wechatpay_base_urls=tuple(
            host.strip().rstrip("/")
            for host in _text(
                "WECHATPAY_BASE_URLS",
                "https://api.mch.weixin.qq.com,https://api2.mch.weixin.qq.com",
            ).split(",")
        ),
        kuaidi100_base_url=_text("KUAIDI100_BASE_URL", "https://poll.kuaidi100.com").rstrip("/"),
        kuaidi100_label_base_url=_text(
            "KUAIDI100_LABEL_BASE_URL", "https://api.kuaidi100.com"
        ).rstrip("/"),
        sf_express_base_url=os.environ.get("SF_EXPRESS_BASE_URL", "").rstrip("/"),
        pay_window_seconds=_seconds("PAY_WINDOW_SECONDS", 900, LONGEST_WINDOW_SECONDS),
        flash_pay_window_seconds=_seconds(
            "FLASH_PAY_WINDOW_SECONDS", 300, LONGEST_FLASH_WINDOW_SECONDS
        ),
        source_requests_per_minute=_count("SOURCE_REQUESTS_PER_MINUTE", 0),
        customer_requests_per_minute=_count("CUSTOMER_REQUESTS_PER_MINUTE", 0),
        approval_stock_pieces=_count("APPROVAL_STOCK_PIECES", 1_000),
        approval_gift_customers=_count("APPROVAL_GIFT_CUSTOMERS", 1_000),
        approval_refund_fen=_count("APPROVAL_REFUND_FEN", 50_000),
        wechatpay_fee_rate=_count("WECHATPAY_FEE_RATE", 60),
        receipt_days=_count("RECEIPT_DAYS", 7),
    )


def label_bucket() -> str:
    """The bucket that holds the labels of electronic waybills.

    Raises:
        MisconfiguredError: This function was not given it.
    """
    return _text("LABEL_BUCKET")


def message_templates() -> str:
    """The subscribe messages that are sent, as JSON; "{}" for none."""
    return _text("MESSAGE_TEMPLATES", "{}")


def search_bucket() -> str:
    """The bucket that holds the search index.

    Raises:
        MisconfiguredError: This function was not given it.
    """
    return _text("SEARCH_BUCKET")


def secret_name(variable: str) -> str:
    """The name or ARN of a secret, from the variable that the template sets.

    Raises:
        MisconfiguredError: This function was not given that secret.
    """
    return _text(variable)
