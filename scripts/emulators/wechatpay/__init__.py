"""Emulator of WeChat Pay API v3: JSAPI payments, refunds, notices and bills."""

from scripts.emulators.wechatpay.emulator import WeChatPay
from scripts.emulators.wechatpay.live import connect

__all__ = ["WeChatPay", "connect"]
