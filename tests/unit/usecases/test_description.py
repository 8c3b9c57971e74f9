"""What a product's description must fit, and how a refusal names the field."""

from dataclasses import replace
from typing import Any

import pytest

from shop.domain.catalogue import Product, Sku, SpecDimension
from shop.errors import ValidationError
from shop.usecases.description import MOST_SKUS, check, with_parents

PARENTS = {"tea": None, "green": "tea"}


def sku(number: int, size: str = "大") -> Sku:
    return Sku(f"p1-{number}", {"规格": size}, 100, 100, 1, 1, "", None)


PRODUCT = Product(
    id="p1",
    title="龙井",
    subtitle="",
    category_ids=("green",),
    images=(),
    video_url=None,
    description="",
    tags=(),
    on_sale=True,
    specs=(SpecDimension("规格", ("大", "小")),),
    skus=(sku(1), sku(2, "小")),
    freight="cold",
)


def refusal(product: Product) -> Any:
    with pytest.raises(ValidationError) as refused:
        check(product, PARENTS, {"cold"})
    return refused.value.context["errors"]


def test_what_fits_is_taken() -> None:
    check(PRODUCT, PARENTS, {"cold"})
    check(replace(PRODUCT, freight=""), PARENTS, ())
    check(replace(PRODUCT, sale_from=9, sale_until=10), PARENTS, {"cold"})
    check(replace(PRODUCT, sale_from=9, sale_until=0), PARENTS, {"cold"})
    check(replace(PRODUCT, skus=tuple(sku(n) for n in range(1, MOST_SKUS + 1))), PARENTS, {"cold"})


NOT_AN_ID = "a SKU id is its product's id, a hyphen and a number"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"category_ids": ("green", "wine")}, "category_ids", "unknown category wine"),
        ({"freight": "hot"}, "freight", "unknown template hot"),
        ({"sale_from": 10, "sale_until": 10}, "sale_until", "must be after sale_from"),
        ({"skus": ()}, "skus", "a product has 1 to 45 SKUs"),
        ({"skus": tuple(map(sku, range(1, 47)))}, "skus", "a product has 1 to 45 SKUs"),
        ({"skus": (sku(1), sku(2), sku(1))}, "skus", "two SKUs share an id"),
        ({"skus": (replace(sku(1), id="p2-1"),)}, "skus", f"p2-1: {NOT_AN_ID}"),
        ({"skus": (replace(sku(1), id="p1-1#"),)}, "skus", f"p1-1#: {NOT_AN_ID}"),
        (
            {"skus": (replace(sku(1), spec={}),)},
            "skus",
            "p1-1: its spec does not fit the product's specs",
        ),
        ({"skus": (sku(1, "中"),)}, "skus", "p1-1: its spec does not fit the product's specs"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    changes: dict[str, Any], field: str, message: str
) -> None:
    assert refusal(replace(PRODUCT, **changes)) == [{"field": field, "message": message}]


def test_each_category_is_listed_once_with_its_parent() -> None:
    assert with_parents(["green", "tea", "new"], PARENTS) == ("green", "tea", "new")
    assert with_parents(["tea"], PARENTS) == ("tea",)
    assert with_parents([], PARENTS) == ()
