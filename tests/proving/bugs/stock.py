"""Stock and flash units: taken once, given back once."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "stock is taken without looking",
        f"{SHOP}/store/stock.py",
        "sellable",
        "SkuRow.available >= quantity",
        "SkuRow.available >= -1_000_000",
        ("R2",),
        cases=("checkout x checkout, last piece",),
    ),
    SeededBug(
        "stock is read, then written",
        f"{SHOP}/store/stock.py",
        "_move",
        "return update(__row, __actions, __condition)",
        "row = reads.get(SkuRow, sku_key(sku_id), consistent=True)\n"
        "return update(__row, [SkuRow.available.set(int(row.available) - quantity), "
        "SkuRow.taken.set(int(row.taken) + quantity)], __condition)",
        ("R2",),
        cases=("cancel x checkout, one coupon",),
    ),
    SeededBug(
        "an old price is still good",
        f"{SHOP}/store/stock.py",
        "sellable",
        "SkuRow.price_version == price_version",
        "SkuRow.price_version >= 0",
        ("R5",),
    ),
    SeededBug(
        "the purchase limit is only counted",
        f"{SHOP}/store/stock.py",
        "count_limit",
        "LimitRow.pieces <= limit - quantity",
        "LimitRow.pieces >= 0",
        ("R2",),
        cases=("checkout x checkout, one limit",),
    ),
    SeededBug(
        "a flash unit is taken without looking",
        f"{SHOP}/store/flash.py",
        "change",
        "condition &= ShardRow.free >= from_free",
        "",
        ("R2",),
    ),
    SeededBug(
        "an entry is overwritten whatever it has become",
        f"{SHOP}/store/flash.py",
        "change",
        "path.does_not_exist() if old is None else path == old",
        "present()",
        ("R2",),
    ),
    SeededBug(
        "the flash allowance is not looked at",
        f"{SHOP}/domain/flash.py",
        "admit",
        "held + attempt.quantity > per_customer",
        "False",
        ("R2",),
    ),
    SeededBug(
        "an attempt that ended leaves no trace",
        f"{SHOP}/domain/flash.py",
        "Entry.ending",
        "self.ended + 1",
        "self.ended",
        ("R5",),
    ),
    SeededBug(
        "a due hold without an order is returned without a tombstone",
        f"{SHOP}/usecases/flash_sweep.py",
        "_conclude",
        "apply(orders.forbid(*__c))",
        "None",
        ("R2",),
    ),
    SeededBug(
        "a late payment takes pieces that are not there",
        f"{SHOP}/store/stock.py",
        "retake",
        "SkuRow.available >= quantity",
        "SkuRow.available >= -1_000_000",
        ("R2",),
        cases=("late notice x checkout, last piece",),
    ),
)
