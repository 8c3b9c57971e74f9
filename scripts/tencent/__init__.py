"""Packages of the same functions for Tencent Cloud (`docs/tencent.md`)."""
