"""What staff may do, how they sign in, and that it is recorded once."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "a role may do anything",
        f"{SHOP}/usecases/staff_login.py",
        "permit",
        "not may_call(row.role, route)",
        "False",
        ("R12",),
    ),
)
