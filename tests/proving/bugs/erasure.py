"""People who are no more."""

from tests.proving.mutants import SHOP, SeededBug

BUGS = (
    SeededBug(
        "an openid still leads to who was erased",
        f"{SHOP}/store/erasure.py",
        "begin",
        "*(delete(*__a) for mac in openid_macs)",
        "*()",
        ("R2",),
        cases=("sign-in x erasure",),
    ),
    SeededBug(
        "who was erased is written to again",
        f"{SHOP}/store/customers.py",
        "alive",
        "present() & CustomerRow.erased_at.does_not_exist()",
        "present()",
        ("R2",),
        cases=("refresh x erasure", "resealing x erasure", "sign-in x erasure"),
    ),
    SeededBug(
        "an order keeps its person",
        f"{SHOP}/usecases/erase.py",
        "_without_person",
        "apply(orders.erase_person(row))",
        "None",
        ("R3",),
        cases=("erasure",),
    ),
    SeededBug(
        "the sign-ins of the erased live on",
        f"{SHOP}/usecases/erase.py",
        "_goes",
        "return kind not in _KEPT",
        'return kind not in _KEPT | {"S"}',
        ("R2",),
        cases=("refresh x erasure",),
    ),
    SeededBug(
        "sealing anew brings back what was there before",
        f"{SHOP}/store/sealed_rows.py",
        "replace",
        "box.attribute == box.content",
        "Entity.PK.exists()",
        ("R2",),
        cases=("resealing x address change",),
    ),
    SeededBug(
        "a search history begins anew over another",
        f"{SHOP}/store/searches.py",
        "_begin_or_make_room",
        "put(row, absent())",
        "put(row)",
        ("R2",),
        cases=("search x search",),
    ),
)
