"""Yunpu's shared library: domain rules, the store, providers, and the web edge."""

__version__ = "0.1.0"
