"""Each test of the store begins with an empty table."""

from tests.unit.table import shared, table

__all__ = ["shared", "table"]
