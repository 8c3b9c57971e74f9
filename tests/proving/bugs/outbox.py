"""What follows from the stream, and what the schedule finds."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "an order leaves the cart as often as the stream says so",
        f"{SHOP}/store/cart.py",
        "leave_cart",
        "put(done, absent())",
        "put(done)",
        ("R3",),
    ),
)
