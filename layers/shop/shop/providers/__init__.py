"""Clients of WeChat, WeChat Pay and Kuaidi100: the only code that speaks HTTP."""
