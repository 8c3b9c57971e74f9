"""Words of providers that are not theirs, or of something else."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "a notice is answered before it is stored",
        f"{SHOP}/usecases/notice.py",
        "_payment",
        "outcome = settle(*__a, **__rest)",
        "try:\n    outcome = settle(*__a, **__rest)\nexcept Exception:\n    outcome = 'later'",
        ("R3",),
    ),
    SeededBug(
        "a notice may be as old as it likes",
        f"{SHOP}/providers/wechatpay_notices.py",
        "_is_fresh",
        "return abs(now - int(timestamp)) < WINDOW_SECONDS",
        "return True",
        ("R6",),
    ),
    SeededBug(
        "a notice need not be signed by WeChat Pay",
        f"{SHOP}/providers/wechatpay_notices.py",
        "check_signature",
        "verifier.verify(*__a)",
        "True",
        ("R6",),
    ),
    SeededBug(
        "any kind of signature will do",
        f"{SHOP}/providers/wechatpay_notices.py",
        "_header_fault",
        "values[-1] == SIGNATURE_TYPE",
        "True",
        ("R6",),
    ),
    SeededBug(
        "the sealed part may be of any algorithm",
        f"{SHOP}/providers/wechatpay_notices.py",
        "NoticeReader._open",
        "resource is None or resource.algorithm != ALGORITHM",
        "resource is None",
        ("R6",),
    ),
)
