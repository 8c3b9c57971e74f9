"""Emulator of the WeChat mini-program server API."""

from scripts.emulators.wechat.emulator import WeChat, connect

__all__ = ["WeChat", "connect"]
