"""Parcels, messages, and the end of an order."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "what was shipped meanwhile is stopped",
        f"{SHOP}/store/order_moves.py",
        "same_books",
        "refunds & parcels",
        "refunds",
        ("R2",),
        cases=("part x refund",),
    ),
    SeededBug(
        "a parcel takes what is not left",
        f"{SHOP}/domain/parcel_book.py",
        "pack",
        "pieces > left.get(at, 0)",
        "pieces < 0",
        ("R2",),
        cases=("part x part",),
    ),
    SeededBug(
        "a parcel is packed from what was read",
        f"{SHOP}/store/shipping_moves.py",
        "shipped",
        "same_books(row)",
        "OrderRow.status.exists()",
        ("R2",),
        cases=("approval of a refund x ship",),
    ),
    SeededBug(
        "a number is corrected twice",
        f"{SHOP}/store/shipping_moves.py",
        "corrected",
        "OrderRow.status.is_in(*CORRECTABLE) & same_books(row)",
        "OrderRow.status.is_in(*CORRECTABLE)",
        ("R2",),
        cases=("correction x correction",),
    ),
)
