"""Row 5: a catalogue page of twenty, first and again."""

from functools import partial

from tests.integration import shopfile
from tests.proving.bench_rows.goods import booked
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Answer, Shop, forget_process

name, gate, moonshot, limit = BENCHES["5"]

ROUTE = "GET /v1/products"


def run(seed: int, quick: bool) -> Measured:
    """Reads pages of the demonstration shop in a new process, then again in the same one."""
    del quick
    from shop.usecases import publish

    with Shop(seed=seed) as shop:
        publish.replace_categories(shopfile.categories(), shop.now)
        publish.replace_freight(shopfile.freight(), shop.now)
        for one in shopfile.products():
            publish.upsert_product(one, shop.now)
        publish.publish(shop.now)
        shop.index_search()
        category = _fullest()
        books = {}
        for label, query in {
            "all": {"limit": "20"},
            "category": {"limit": "20", "category": category},
            "search": {"limit": "20", "q": "茶"},
        }.items():
            forget_process()
            for age in ("cold", "warm"):
                answers: list[Answer] = []
                books[f"{label}, {age}"] = booked(
                    shop,
                    partial(_page, shop, query, answers),
                )
                assert answers[0].status == 200, answers[0]
                if label == "all":
                    assert len(answers[0].body["items"]) == 20
    cold, warm = books["all, cold"], books["all, warm"]
    return Measured(
        f"{cold.reads:g},{cold.requests} / {warm.reads:g},{warm.requests}",
        cold.reads <= 2.5 and cold.requests <= 1 and warm.requests == 0,
        {label: book.counts() for label, book in books.items()},
        ["secrets: the key that seals page cursors, once in five minutes and process"],
        [f"{label}: {book.reads:g} RCU, {book.requests} requests" for label, book in books.items()],
    )


def _page(shop: Shop, query: dict[str, str], answers: list[Answer]) -> None:
    answers.append(shop.call("catalogue", ROUTE, query=query))


def _fullest() -> str:
    counts: dict[str, int] = {}
    for product in shopfile.products():
        for one in product.category_ids:
            counts[one] = counts.get(one, 0) + 1
    return max(counts, key=lambda one: (counts[one], one))
