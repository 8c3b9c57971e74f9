"""Brings a shop back from a backup of its table, into a stack of its own (docs/runbook.md)."""
