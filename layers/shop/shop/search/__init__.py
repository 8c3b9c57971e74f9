"""The embedded search index: one SQLite file, built whole, then only read (`docs/adr/0010`).

May import: sqlite3, domain, errors, config, telemetry.
"""
