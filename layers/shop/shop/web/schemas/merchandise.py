"""Categories, products, delivery fees and stock, as staff send and see them."""

from typing import Annotated

import msgspec

from shop.domain.catalogue import Category, Product, SaleState, Sku, SpecDimension
from shop.store.stock import SkuRow
from shop.usecases.notes import Outcome
from shop.web.pages import PageQuery
from shop.web.rich_text import cleaned
from shop.web.schemas.fields import (
    NOT_BLANK,
    Count,
    Id,
    Moment,
    Pieces,
    Price,
    Text,
    Url,
    seconds_of,
)
from shop.web.schemas.freight import TemplateId
from shop.web.schemas.texts import tidy, wrong
from shop.web.schemas.times import rfc3339_or_none


class CategoryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category."""

    id: Id
    name: Text
    parent_id: Id | None = None
    image_url: Url = ""
    sort: Count = 0


class CategoriesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All categories at once."""

    items: Annotated[list[CategoryBody], msgspec.Meta(max_length=500)]

    def to_domain(self) -> list[Category]:
        """The categories."""
        return [
            Category(one.id, one.name, one.parent_id, one.image_url, one.sort) for one in self.items
        ]


class SpecBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dimension of specification."""

    name: Text
    values: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=100)]


class SkuBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One SKU. `initial_stock` counts only when the SKU is new."""

    id: Id
    spec: dict[str, Text]
    price_fen: Price
    list_price_fen: Price
    initial_stock: Count
    weight_g: Count = 0
    volume_cm3: Count = 0
    image_url: Url = ""
    limit: Pieces | None = None


class ProductRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product with all its SKUs."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{1,16}$")]
    title: Annotated[str, msgspec.Meta(pattern=NOT_BLANK, max_length=60)]
    category_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=5)]
    specs: Annotated[list[SpecBody], msgspec.Meta(min_length=1, max_length=3)]
    skus: Annotated[list[SkuBody], msgspec.Meta(min_length=1, max_length=90)]
    subtitle: Annotated[str, msgspec.Meta(max_length=120)] = ""
    images: Annotated[list[Url], msgspec.Meta(max_length=12)] = []
    video_url: Url | None = None
    description: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    tags: Annotated[list[Text], msgspec.Meta(max_length=12)] = []
    on_sale: bool = True
    sale_from: Moment | None = None
    sale_until: Moment | None = None
    freight: TemplateId | None = None

    def to_domain(self) -> Product:
        """The product."""
        return Product(
            id=self.id,
            title=self.title,
            subtitle=self.subtitle,
            category_ids=tuple(self.category_ids),
            images=tuple(self.images),
            video_url=self.video_url,
            description=cleaned(self.description),
            tags=tuple(self.tags),
            on_sale=self.on_sale,
            specs=tuple(SpecDimension(one.name, tuple(one.values)) for one in self.specs),
            skus=tuple(
                Sku(
                    id=one.id,
                    spec=one.spec,
                    price_fen=one.price_fen,
                    list_price_fen=one.list_price_fen,
                    initial_stock=one.initial_stock,
                    weight_g=one.weight_g,
                    image_url=one.image_url,
                    limit=one.limit,
                    volume_cm3=one.volume_cm3,
                )
                for one in self.skus
            ),
            freight=self.freight or "",
            sale_from=seconds_of(self.sale_from),
            sale_until=seconds_of(self.sale_until),
        )


class ProductsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which products; few at a time, since each comes whole."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20


class SkuDescription(msgspec.Struct, frozen=True):
    """One SKU as staff described it; `initial_stock` is what it began with."""

    id: str
    spec: dict[str, str]
    price_fen: int
    list_price_fen: int
    initial_stock: int
    weight_g: int
    volume_cm3: int
    image_url: str
    limit: int | None


class ProductDescription(msgspec.Struct, frozen=True):
    """One product as staff described it: what `POST /v1/admin/catalogue/products` takes."""

    id: str
    title: str
    subtitle: str
    category_ids: tuple[str, ...]
    images: tuple[str, ...]
    video_url: str | None
    description: str
    tags: tuple[str, ...]
    on_sale: bool
    sale_from: str | None
    sale_until: str | None
    freight: str | None
    specs: list[SpecBody]
    skus: list[SkuDescription]

    @classmethod
    def of(cls, one: Product) -> "ProductDescription":
        """From the domain's."""
        return cls(
            id=one.id,
            title=one.title,
            subtitle=one.subtitle,
            category_ids=one.category_ids,
            images=one.images,
            video_url=one.video_url,
            description=one.description,
            tags=one.tags,
            on_sale=one.on_sale,
            sale_from=rfc3339_or_none(one.sale_from),
            sale_until=rfc3339_or_none(one.sale_until),
            freight=one.freight or None,
            specs=[SpecBody(spec.name, list(spec.values)) for spec in one.specs],
            skus=[
                SkuDescription(
                    **{name: getattr(sku, name) for name in SkuDescription.__struct_fields__}
                )
                for sku in one.skus
            ],
        )


class PriceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU's new price."""

    price_fen: Price
    reason: Text
    list_price_fen: Price | None = None


class SaleStateRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether, and from when until when, a product can be bought; without times for good."""

    on_sale: bool
    reason: Text
    sale_from: Moment | None = None
    sale_until: Moment | None = None

    def to_domain(self) -> SaleState:
        """The state."""
        return SaleState(self.on_sale, seconds_of(self.sale_from), seconds_of(self.sale_until))


class AdjustmentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A keyed change of a SKU's stock."""

    delta: Annotated[int, msgspec.Meta(ge=-10_000_000, le=10_000_000)]
    reason: Text

    def checked(self) -> "AdjustmentRequest":
        """The request with its reason as it is kept.

        Raises:
            ValidationError: A change of nothing, or a reason that is not text.
        """
        if not self.delta:
            raise wrong("delta", "must not be 0")
        return AdjustmentRequest(self.delta, tidy("reason", self.reason))


class ProductOutcomeView(msgspec.Struct, frozen=True):
    """What became of a product."""

    product_id: str
    outcome: Outcome


class PublishedView(msgspec.Struct, frozen=True):
    """What a publishing made."""

    products: int
    lists: int


class StockView(msgspec.Struct, frozen=True):
    """A SKU's stock: `in_total = available + taken`."""

    sku_id: str
    title: str
    spec: str
    available: int
    taken: int
    in_total: int
    on_sale: bool
    price_fen: int
    approval_id: str | None = None
    """The request that waits for a second person, where an adjustment is that large."""

    @classmethod
    def of(cls, row: SkuRow, now: int, approval_id: str | None = None) -> "StockView":
        """The view of a SKU."""
        return cls(
            sku_id=row.sku_id,
            title=row.title,
            spec=row.spec,
            available=int(row.available),
            taken=int(row.taken),
            in_total=int(row.in_total),
            on_sale=row.on_sale_at(now),
            price_fen=int(row.price_fen),
            approval_id=approval_id,
        )
