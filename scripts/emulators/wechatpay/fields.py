"""Field rules of the requests that merchants send."""

import re
from typing import Any
from urllib.parse import urlsplit

from scripts.emulators.wechatpay.clock import parse_rfc3339
from scripts.emulators.wechatpay.errors import PayError, param_error
from scripts.emulators.wire import Request

TRADE_NO = r"[0-9A-Za-z_\-|*]{6,32}"
REFUND_NO = r"[0-9A-Za-z_\-|*@]{1,64}"
LONGEST_ID = 32
LONGEST_DESCRIPTION = 127
LONGEST_ATTACH = 128
LONGEST_GOODS_TAG = 32
LONGEST_NOTIFY_URL = 255
LONGEST_REFUND_NOTIFY_URL = 256
LONGEST_REASON = 80
LONGEST_IP = 45
_LOOPBACK = {"127.0.0.1", "localhost"}


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        PayError: 400 PARAM_ERROR when there is none.
    """
    try:
        return request.json_object()
    except (ValueError, RecursionError) as error:
        raise PayError(400, "PARAM_ERROR", "请求体不是合法的JSON") from error


def text(
    body: dict[str, Any], name: str, longest: int, *, required: bool = True, pattern: str = ".+"
) -> str | None:
    """A text field of 1 to ``longest`` characters that matches ``pattern``."""
    value = body.get(name.rsplit(".", 1)[-1])
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value:
        raise param_error(name, "必填且须为字符串", value)
    if len(value) > longest or not re.fullmatch(pattern, value, re.DOTALL):
        raise param_error(name, "长度或格式不符", value)
    return value


def fen(body: dict[str, Any], name: str) -> int:
    """A positive whole number of fen."""
    value = body.get(name.rsplit(".", 1)[-1])
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise param_error(name, "须为大于0的整数", value)
    return value


def section(body: dict[str, Any], name: str, *, required: bool = True) -> dict[str, Any] | None:
    """An object field."""
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, dict):
        raise param_error(name, "必填且须为对象", value)
    return value


def currency(amount: dict[str, Any], *, required: bool) -> None:
    """Only CNY exists."""
    if amount.get("currency", None if required else "CNY") != "CNY":
        raise param_error("amount.currency", "仅支持CNY", amount.get("currency"))


def notify_url(value: str, *, allow_http: bool) -> None:
    """Https without query or fragment; plain http only to this machine and if allowed."""
    parts = urlsplit(value)
    local = allow_http and parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not local):
        raise param_error("notify_url", "须为https地址", value)
    if parts.query or parts.fragment or "?" in value or "#" in value or parts.username:
        raise param_error("notify_url", "不允许携带查询串", value)


def expiry(body: dict[str, Any]) -> float | None:
    """``time_expire`` as UTC seconds."""
    value = body.get("time_expire")
    if value is None:
        return None
    try:
        return parse_rfc3339(value)
    except (TypeError, ValueError) as error:
        raise param_error("time_expire", "须为RFC3339时间", value) from error


def check_prepay_extras(body: dict[str, Any]) -> None:
    """Rules of the optional prepay fields."""
    text(body, "attach", LONGEST_ATTACH, required=False)
    text(body, "goods_tag", LONGEST_GOODS_TAG, required=False)
    scene = section(body, "scene_info", required=False)
    if scene is not None:
        text(scene, "scene_info.payer_client_ip", LONGEST_IP)
    detail = section(body, "detail", required=False)
    if detail is not None:
        for goods in _goods_of(detail):
            text(goods, "detail.goods_detail.merchant_goods_id", LONGEST_ID)
            fen(goods, "detail.goods_detail.quantity")
            fen(goods, "detail.goods_detail.unit_price")


def _goods_of(detail: dict[str, Any]) -> list[dict[str, Any]]:
    goods = detail.get("goods_detail", [])
    if not isinstance(goods, list) or not all(isinstance(each, dict) for each in goods):
        raise param_error("detail.goods_detail", "须为对象数组", goods)
    return goods
