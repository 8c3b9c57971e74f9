"""What the schedule finds, and that one row does not hold up the rest."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "an order that is over is found due for ever",
        f"{SHOP}/store/order_moves.py",
        "leave_due_index",
        "return __both",
        "return []",
        ("R10",),
        cases=("on_time",),
    ),
    SeededBug(
        "one row that cannot be read holds up the rest",
        f"{SHOP}/usecases/due.py",
        "apart",
        "progress.failed += 1",
        "raise",
        ("R10",),
        cases=("poisoned",),
    ),
    SeededBug(
        "a refund that was never sent is not sent again",
        f"{SHOP}/usecases/expiry.py",
        "_chase",
        "pursue(refund, deps, now)",
        "None",
        ("R3",),
        cases=("refund never sent",),
    ),
)
