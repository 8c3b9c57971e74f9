"""Emulator of Kuaidi100: tracking queries, subscriptions and pushes."""

from scripts.emulators.kuaidi100.emulator import Kuaidi100, connect

__all__ = ["Kuaidi100", "connect"]
