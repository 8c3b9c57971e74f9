"""Catalogue shapes (`api-contract`: Catalogue)."""

from typing import Annotated, Any

import msgspec

from shop.domain.catalogue import Category, SpecDimension
from shop.domain.listing import Sort, Summary
from shop.usecases.browse import ProductOnPage, SkuOnPage
from shop.web.pages import PageQuery

CategoryParameter = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class ProductQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which products, in which order."""

    category: CategoryParameter | None = None
    q: Annotated[str, msgspec.Meta(max_length=64)] = ""
    sort: Sort = Sort.DEFAULT


class CategoryView(msgspec.Struct, frozen=True):
    """A category; `parent_id` null on the upper level."""

    id: str
    name: str
    parent_id: str | None
    image_url: str
    sort: int

    @classmethod
    def of(cls, one: Category) -> "CategoryView":
        """From the domain's."""
        return cls(one.id, one.name, one.parent_id, one.image_url, one.sort)


class ProductSummaryView(msgspec.Struct, frozen=True):
    """A product in a list."""

    id: str
    title: str
    subtitle: str
    primary_image_url: str
    min_price_fen: int
    max_price_fen: int
    list_price_fen: int
    sold_count: int
    in_stock: bool
    tags: tuple[str, ...]


class SpecView(msgspec.Struct, frozen=True):
    """A dimension in which SKUs differ, with its values as shown."""

    name: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, one: SpecDimension) -> "SpecView":
        """From the domain's."""
        return cls(one.name, one.values)


class SkuView(msgspec.Struct, frozen=True):
    """A SKU; `spec_values` follow the order of the product's `specs`."""

    id: str
    spec_values: tuple[str, ...]
    price_fen: int
    list_price_fen: int
    image_url: str
    available: int
    on_sale: bool

    @classmethod
    def of(cls, one: SkuOnPage) -> "SkuView":
        """From the use case's."""
        return cls(
            id=one.id,
            spec_values=one.spec_values,
            price_fen=one.price_fen,
            list_price_fen=one.list_price_fen,
            image_url=one.image_url,
            available=one.available,
            on_sale=one.on_sale,
        )


class ProductView(ProductSummaryView, frozen=True, kw_only=True):
    """A product page."""

    images: tuple[str, ...]
    video_url: str | None
    description: str
    category_ids: tuple[str, ...]
    specs: tuple[SpecView, ...]
    skus: tuple[SkuView, ...]

    @classmethod
    def of(cls, one: ProductOnPage) -> "ProductView":
        """From the use case's."""
        product, summary = one.kept.product, one.summary
        return cls(
            **_fields(summary),
            images=product.images,
            video_url=product.video_url,
            description=product.description,
            category_ids=product.category_ids,
            specs=tuple(SpecView.of(spec) for spec in product.specs),
            skus=tuple(SkuView.of(sku) for sku in one.skus),
        )


def _fields(summary: Summary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in ProductSummaryView.__struct_fields__}
