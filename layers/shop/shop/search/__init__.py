"""The embedded search index: one SQLite file, built whole, then only read (`docs/adr/0013`).

May import: sqlite3, domain, errors, config, telemetry.
"""
