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
        cases=("stream, order from cart",),
    ),
    SeededBug(
        "a letter is let go before it is done",
        f"{SHOP}/usecases/dead_letters.py",
        "redrive",
        "_do(letter, outlets, clock())",
        "(apply(dead_letters.done(letter)), _do(letter, outlets, clock()))",
        ("R3",),
        cases=("dead letter redriven",),
    ),
)
