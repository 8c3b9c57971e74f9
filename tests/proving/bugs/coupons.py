"""Coupons: given, held and used once."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "a coupon is held whoever holds it",
        f"{SHOP}/store/coupons.py",
        "hold",
        "_may(ClaimEvent.ORDERED) & valid",
        "valid",
        ("R2",),
    ),
    SeededBug(
        "a pool gives out more than its share",
        f"{SHOP}/store/coupon_pools.py",
        "give",
        "PoolRow.given < share",
        "PoolRow.given >= 0",
        ("R2",),
    ),
    SeededBug(
        "a customer's entry in a pool is overwritten whatever it has become",
        f"{SHOP}/store/coupon_pools.py",
        "_still",
        "path.does_not_exist() if old is None else path == old",
        "path.does_not_exist() | path.exists()",
        ("R2",),
    ),
    SeededBug(
        "the limit of coupons is not looked at",
        f"{SHOP}/usecases/coupon_grant.py",
        "_Grant._new",
        "len(entry.attempts) >= limit",
        "False",
        ("R2",),
    ),
    SeededBug(
        "a coupon from elsewhere is not counted at home first",
        f"{SHOP}/usecases/coupon_grant.py",
        "_Grant._new",
        "apply(coupon_pools.note(*__note))",
        "None",
        ("R2",),
    ),
    SeededBug(
        "what a pool has given out is left where its taker died",
        f"{SHOP}/usecases/coupon_follow.py",
        "_hand_out",
        "coupons.hand_out(*__claim)",
        "None",
        ("R3",),
    ),
    SeededBug(
        "a code is used by two",
        f"{SHOP}/store/coupon_codes.py",
        "use_up",
        "present() & nobodys",
        "present()",
        ("R2",),
        cases=("exchange x exchange, one code",),
    ),
    SeededBug(
        "a whole refund keeps the coupon",
        f"{SHOP}/usecases/refund_return.py",
        "_bring_back",
        "*(_coupons(order) if is_over else ())",
        "*()",
        ("R3",),
        cases=("whole refund, coupon back",),
    ),
)
