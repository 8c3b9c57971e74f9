"""Yunpu's shared library: domain rules, the store, providers, and the web edge."""

import gc

__version__ = "0.1.0"

gc.set_threshold(50_000, 20, 20)
"""Loading a function makes many objects and no garbage: at Python's 700 the collector is a sixth of
a cold start, and it finds nothing there."""
