"""Orders as shoppers place them: long titles, two specs, one coupon, a whole address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from tests.proving.ledger import Book, Entry
from tests.proving.shop import Answer, Buyer, Shop

TITLE_CHARACTERS = 28
WORDS = (
    "云南大叶种古树普洱茶饼三百五十七克手工石磨压制礼盒装安溪铁观音清香型明前龙井西湖"
    "狮峰特级福鼎白毫银针散装正山小种红茶罐装武夷岩肉桂炭焙宜兴紫砂壶全手工段泥景德镇青花盖碗"
)
SPECS = (("年份", "二零一九年春茶"), ("包装", "棉纸单饼附手提袋"))
CATEGORY = "c-tea"


class NoPayment:
    """A WeChat Pay that does no work and hands out nothing: the order stays without parameters."""

    def prepay(self, _: object) -> str:
        from shop.errors import ConflictError

        raise ConflictError("payment_closed", "")


@contextmanager
def without_payment() -> Iterator[None]:
    """Checkouts end with the durable order."""
    with patch("shop.wiring._gateway", NoPayment):
        yield


def put_goods(shop: Shop, count: int, stock: int = 1_000_000, prefix: str = "p") -> list[str]:
    """Products of one SKU each, with two specs and a title of 28 characters that nothing repeats.

    Returns:
        The SKU ids.
    """
    from shop.domain.catalogue import Category, Product, Sku, SpecDimension
    from shop.usecases import publish

    dice = Random(prefix)
    publish.replace_categories([Category(CATEGORY, "普洱", None, "", 1)], shop.now)
    skus = []
    for number in range(count):
        product_id = f"{prefix}{number:04}"
        image = f"https://img.example.com/products/{product_id}/1.jpg"
        sku = Sku(
            id=f"{product_id}-1",
            spec=dict(SPECS),
            price_fen=16_800 + number,
            list_price_fen=19_900,
            initial_stock=stock,
            weight_g=400,
            image_url=image,
            limit=None,
        )
        publish.upsert_product(
            Product(
                id=product_id,
                title="".join(dice.sample(WORDS, TITLE_CHARACTERS)),
                subtitle="",
                category_ids=(CATEGORY,),
                images=(image,),
                video_url=None,
                description="",
                tags=(),
                on_sale=True,
                specs=tuple(SpecDimension(name, (value,)) for name, value in SPECS),
                skus=(sku,),
            ),
            shop.now,
        )
        skus.append(sku.id)
    return skus


def claim(shop: Shop, buyer: Buyer, coupon_id: str, key: str = "claim-1") -> Answer:
    """POST /v1/coupons/{coupon_id}/claims."""
    return shop.call(
        "coupons",
        "POST /v1/coupons/{coupon_id}/claims",
        buyer,
        path={"coupon_id": coupon_id},
        headers={"idempotency-key": key},
    )


def quoted(shop: Shop, name: str, skus: list[str], coupon_id: str = "") -> tuple[Buyer, str]:
    """A buyer and the quote token of one piece of each SKU, with the coupon claimed and used."""
    buyer = shop.buyer(name)
    claims: tuple[str, ...] = ()
    if coupon_id:
        claimed = claim(shop, buyer, coupon_id)
        assert claimed.status == 201, claimed
        claims = (str(claimed.body["claim_id"]),)
    return buyer, shop.quote_token(buyer, dict.fromkeys(skus, 1), claims)


def booked(shop: Shop, work: Callable[[], Any], status: int | None = None) -> Book:
    """The calls of one piece of work; its answer must have this status."""
    with shop.world.ledger.step("measured") as book:
        answer = work()
    if status is not None:
        assert answer.status == status, answer
    return book


def parted(book: Book) -> tuple[Book, Book]:
    """The calls before the first outbound HTTP call, and those from it on."""
    at = next(
        (place for place, entry in enumerate(book.entries) if entry.kind == "http"),
        len(book.entries),
    )
    before, after = book.entries[:at], book.entries[at:]
    base = max((entry.depth for entry in before if entry.kind == "store"), default=0)
    shifted = [Entry(one.kind, one.name, one.units, one.outcome, one.depth - base) for one in after]
    return Book(book.name, before), Book(book.name, shifted)


def four(book: Book) -> str:
    """Write units / read units / requests / trips."""
    return f"{book.writes:g}/{book.reads:g}/{book.requests}/{book.trips}"
