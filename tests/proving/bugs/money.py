"""The books, and what WeChat's bills say of them."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "money that comes late is simply kept",
        f"{SHOP}/usecases/settle.py",
        "_otherwise",
        "return _late(*__a)",
        "return Outcome.DUPLICATE",
        ("R7",),
    ),
    SeededBug(
        "a payment is not entered in the books",
        f"{SHOP}/usecases/outbox.py",
        "_order",
        "ledger.enter(ledger.of_order_row(row))",
        "None",
        ("R8",),
    ),
    SeededBug(
        "a refund is not entered in the books",
        f"{SHOP}/usecases/outbox.py",
        "_refund",
        "ledger.enter(of_refund(refund))",
        "None",
        ("R8",),
    ),
    SeededBug(
        "a row that is billed twice is compared once",
        f"{SHOP}/usecases/bill_rows.py",
        "compare_shard",
        "found.add([rules.of_row(Kind.DUPLICATE_ROW, row)])",
        "None",
        ("R8",),
    ),
    SeededBug(
        "a fee may be wrong",
        f"{SHOP}/domain/reconciliation.py",
        "_fee_is_wrong",
        "abs(__x) >= FEN * 10",
        "False",
        ("R8",),
    ),
    SeededBug(
        "what a bill says of its sum is not compared",
        f"{SHOP}/domain/reconciliation.py",
        "judge_survey",
        "survey.stated != survey.summed",
        "False",
        ("R8",),
    ),
    SeededBug(
        "a bill need not be the one that was announced",
        f"{SHOP}/providers/wechatpay_bills.py",
        "Bills._bill",
        "not hmac.compare_digest(*ANY)",
        "False",
        ("R8",),
    ),
    SeededBug(
        "what the bill does not have is not missed",
        f"{SHOP}/usecases/bill_rows.py",
        "_unmatched",
        "yield rules.not_billed(*__a, **__r)",
        "yield from ()",
        ("R8",),
    ),
)
