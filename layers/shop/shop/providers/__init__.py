"""Clients of WeChat, WeChat Pay and Kuaidi100; the only modules that speak HTTP."""
