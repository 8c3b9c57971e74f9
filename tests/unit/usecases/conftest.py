"""Each use case begins with an empty table."""

from tests.unit.table import shared, table

__all__ = ["shared", "table"]
