"""The demonstration shop's file as the domain's values."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shop.domain.catalogue import Category, Product, Sku, SpecDimension
from shop.domain.coupon import CouponKind, CouponTemplate, Scope, ScopeType
from shop.domain.coupon_pool import pool_count
from shop.domain.freight import FreightBook, FreightBy, FreightRate, FreightTemplate

FILE = Path(__file__).parents[2] / "scripts" / "catalogue" / "shop.yaml"


@cache
def content() -> Any:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def categories() -> list[Category]:
    return [
        Category(one["id"], one["name"], one["parent"], "", one["sort"])
        for one in content()["categories"]
    ]


def products() -> list[Product]:
    return [_product(one) for one in content()["products"]]


def freight() -> FreightBook:
    return FreightBook(
        tuple(
            FreightTemplate(
                id=one["id"],
                name=one["name"],
                by=FreightBy(one["by"]),
                default=_rate(one, ()),
                rates=tuple(
                    _rate(rate, tuple(rate["provinces"])) for rate in one.get("regions", ())
                ),
                not_served=tuple(one.get("not_served", ())),
            )
            for one in content()["freight"]
        )
    )


def coupons() -> list[CouponTemplate]:
    return [_coupon(one) for one in content()["coupons"]]


def _rate(one: Any, provinces: tuple[str, ...]) -> FreightRate:
    return FreightRate(
        provinces,
        one["first_units"],
        one["first_fee_fen"],
        one["further_units"],
        one["further_fee_fen"],
        one["free_threshold_fen"],
    )


def _product(one: Any) -> Product:
    return Product(
        id=one["id"],
        title=one["title"],
        subtitle=one["subtitle"],
        category_ids=tuple(one["categories"]),
        images=tuple(one["images"]),
        video_url=one["video"],
        description=one["description"],
        tags=tuple(one["tags"]),
        on_sale=one["on_sale"],
        specs=tuple(SpecDimension(spec["name"], tuple(spec["values"])) for spec in one["specs"]),
        skus=tuple(
            Sku(
                id=sku["id"],
                spec=sku["spec"],
                price_fen=sku["price_fen"],
                list_price_fen=sku["list_price_fen"],
                initial_stock=sku["stock"],
                weight_g=sku["weight_g"],
                image_url="",
                limit=sku["limit"],
                volume_cm3=sku.get("volume_cm3", 0),
            )
            for sku in one["skus"]
        ),
        freight=one.get("freight", ""),
    )


def _coupon(one: Any) -> CouponTemplate:
    return CouponTemplate(
        id=one["id"],
        title=one["title"],
        kind=CouponKind(one["kind"]),
        threshold_fen=one["threshold_fen"],
        amount_fen=one.get("amount_fen", 0),
        percent_off=one.get("percent_off", 0),
        cap_fen=one.get("cap_fen", 0),
        scope=Scope(ScopeType(one["scope"]["type"]), tuple(one["scope"].get("ids", ()))),
        claim_starts_at=_seconds(one["claim_starts_at"]),
        claim_ends_at=_seconds(one["claim_ends_at"]),
        valid_from=_seconds(one.get("valid_from")),
        valid_until=_seconds(one.get("valid_until")),
        valid_days=one.get("valid_days", 0),
        quota=one["quota"],
        per_customer=one["per_customer"],
        pools=pool_count(one["quota"]),
    )


def _seconds(when: datetime | None) -> int:
    return int(when.timestamp()) if when else 0
