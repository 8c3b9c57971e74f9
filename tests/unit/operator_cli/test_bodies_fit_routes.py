"""What the command line sends is what the staff routes take; the two share no code."""

from typing import Any

import pytest

from scripts.operator_cli.catalogue_file import catalogue
from shop.web.body import convert
from shop.web.schemas import freight, merchandise, promotions
from tests.unit.operator_cli.test_catalogue_file import SHOP


@pytest.fixture(scope="module")
def read() -> catalogue.Catalogue:
    return catalogue.read(SHOP)


def test_every_body_of_the_shop_s_file_fits(read: catalogue.Catalogue) -> None:
    shapes: list[tuple[type[Any], list[dict[str, Any]]]] = [
        (merchandise.CategoriesRequest, [{"items": read.categories}]),
        (freight.FreightRequest, [{"templates": read.freight}]),
        (merchandise.ProductRequest, read.products),
        (promotions.CouponRequest, read.coupons),
        (promotions.FlashSaleRequest, read.flash_sales),
    ]
    for shape, bodies in shapes:
        for body in bodies:
            assert convert(body, shape).to_domain()
