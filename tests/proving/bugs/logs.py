"""What must never be logged."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "an error is logged with what it says",
        f"{SHOP}/telemetry.py",
        "report",
        "told(error)",
        "str(error)",
        ("R13",),
    ),
)
