"""What a second person must allow first."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "one's own request is one's own to approve",
        f"{SHOP}/usecases/approvals.py",
        "approve",
        "row.requested_by == write.actor",
        "False",
        ("R2",),
        cases=("approval of one's own",),
    ),
    SeededBug(
        "what was approved is refused",
        f"{SHOP}/store/approvals.py",
        "decide",
        "ApprovalRow.status == PENDING",
        "ApprovalRow.status.exists()",
        ("R2",),
        cases=("approval x refusal",),
    ),
    SeededBug(
        "a request waits for ever",
        f"{SHOP}/store/approvals.py",
        "decide",
        "ApprovalRow.expires_at > now",
        "ApprovalRow.expires_at.exists()",
        ("R2",),
        cases=("approval x refusal, a week later",),
    ),
    SeededBug(
        "an approval is noted before it takes effect",
        f"{SHOP}/usecases/approvals.py",
        "_adjust_stock",
        "stock_adjustment.carry_out(*__what, key=__key, also=also)",
        "(together(also), stock_adjustment.carry_out(*__what, key=__key, also=()))",
        ("R3",),
        cases=("approval",),
    ),
    SeededBug(
        "a gift goes out before it is allowed",
        f"{SHOP}/usecases/gift_coupon.py",
        "give",
        "not gift.is_allowed",
        "False",
        ("R2",),
        cases=("gift that waits",),
    ),
)
