"""Staff routes on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from shop.domain.catalogue import Category, Product, Sku, SpecDimension
from shop.domain.coupon import CouponKind, CouponTemplate, Scope, ScopeType
from shop.domain.flash import FlashSale
from shop.domain.freight import FreightRate, FreightRules
from shop.domain.money import MAX_FEN
from shop.domain.order import Order
from shop.store.flash import ShardRow
from shop.store.history import HistoryRow
from shop.store.parcels import ParcelRow
from shop.store.stock import SkuRow
from shop.usecases.flash_setup import SaleTerms
from shop.web.schemas.orders import AddressView, AmountsView, LineView, RefundView, lines_of
from shop.web.schemas.texts import tidy, wrong
from shop.web.schemas.times import rfc3339, rfc3339_or_none

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
SaleId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,12}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Url = Annotated[str, msgspec.Meta(max_length=512)]
Price = Annotated[int, msgspec.Meta(ge=1, le=MAX_FEN)]
Fen = Annotated[int, msgspec.Meta(ge=0, le=MAX_FEN)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Pieces = Annotated[int, msgspec.Meta(ge=1, le=99)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Outcome = Literal["created", "changed", "unchanged"]


class StaffLoginRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/admin/login`."""

    username: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z_.-]{1,32}$")]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]


class StaffTokenView(msgspec.Struct, frozen=True):
    """A staff access token."""

    access_token: str
    expires_in: int


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


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fees of some provinces."""

    provinces: list[Text]
    first_fee_fen: Fen
    further_fee_fen: Fen
    free_threshold_fen: Fen | None = None


class FreightRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The delivery fees."""

    first_pieces: Pieces
    further_pieces: Pieces
    first_fee_fen: Fen
    further_fee_fen: Fen
    free_threshold_fen: Fen | None = None
    not_served: list[Text] = []
    regions: list[RateBody] = []

    def to_domain(self) -> FreightRules:
        """The rules."""
        return FreightRules(
            first_pieces=self.first_pieces,
            further_pieces=self.further_pieces,
            default=FreightRate(
                (), self.first_fee_fen, self.further_fee_fen, self.free_threshold_fen
            ),
            rates=tuple(
                FreightRate(
                    tuple(one.provinces),
                    one.first_fee_fen,
                    one.further_fee_fen,
                    one.free_threshold_fen,
                )
                for one in self.regions
            ),
            not_served=tuple(self.not_served),
        )


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
    image_url: Url = ""
    limit: Pieces | None = None


class ProductRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One product with all its SKUs."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z]{1,16}$")]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    category_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=5)]
    specs: Annotated[list[SpecBody], msgspec.Meta(min_length=1, max_length=3)]
    skus: Annotated[list[SkuBody], msgspec.Meta(min_length=1, max_length=90)]
    subtitle: Annotated[str, msgspec.Meta(max_length=120)] = ""
    images: Annotated[list[Url], msgspec.Meta(max_length=12)] = []
    video_url: Url | None = None
    description: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    tags: Annotated[list[Text], msgspec.Meta(max_length=12)] = []
    on_sale: bool = True

    def to_domain(self) -> Product:
        """The product."""
        return Product(
            id=self.id,
            title=self.title,
            subtitle=self.subtitle,
            category_ids=tuple(self.category_ids),
            images=tuple(self.images),
            video_url=self.video_url,
            description=self.description,
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
                )
                for one in self.skus
            ),
        )


class ScopeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which goods a coupon is good for."""

    type: ScopeType = ScopeType.ALL
    ids: Annotated[list[Id], msgspec.Meta(max_length=200)] = []


class CouponRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coupon template."""

    id: SaleId
    title: Text
    kind: CouponKind
    claim_starts_at: Moment
    claim_ends_at: Moment
    quota: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
    per_customer: Pieces
    threshold_fen: Fen = 0
    amount_fen: Fen = 0
    percent_off: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0
    cap_fen: Fen = 0
    scope: ScopeBody = ScopeBody()
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    valid_days: Annotated[int, msgspec.Meta(ge=0, le=3_650)] = 0

    def to_domain(self) -> CouponTemplate:
        """The template.

        Raises:
            ValidationError: Its terms do not fit together.
        """
        self._check_worth()
        self._check_times()
        return CouponTemplate(
            id=self.id,
            title=self.title,
            kind=self.kind,
            threshold_fen=self.threshold_fen,
            amount_fen=self.amount_fen,
            percent_off=self.percent_off,
            cap_fen=self.cap_fen,
            scope=Scope(self.scope.type, tuple(self.scope.ids)),
            claim_starts_at=_seconds(self.claim_starts_at),
            claim_ends_at=_seconds(self.claim_ends_at),
            valid_from=_seconds(self.valid_from),
            valid_until=_seconds(self.valid_until),
            valid_days=self.valid_days,
            quota=self.quota,
            per_customer=self.per_customer,
        )

    def _check_worth(self) -> None:
        needed = {CouponKind.AMOUNT: "amount_fen", CouponKind.PERCENT: "percent_off"}
        name = needed.get(self.kind)
        if name and not getattr(self, name):
            raise wrong(name, f"is needed for kind {self.kind}")
        if self.kind is not CouponKind.PERCENT and (self.percent_off or self.cap_fen):
            raise wrong("percent_off", "is for kind percent only")
        if (self.scope.type is ScopeType.ALL) == bool(self.scope.ids):
            raise wrong("scope.ids", "must name something, unless the type is all")
        if self.per_customer > self.quota:
            raise wrong("per_customer", "must not be more than quota")

    def _check_times(self) -> None:
        if _seconds(self.claim_ends_at) <= _seconds(self.claim_starts_at):
            raise wrong("claim_ends_at", "must be after claim_starts_at")
        ends = (self.valid_from, self.valid_until)
        if (None in ends) != bool(self.valid_days) or ends.count(None) == 1:
            raise wrong("valid_days", "or valid_from with valid_until: one of the two")
        if not self.valid_days and _seconds(self.valid_until) <= _seconds(self.valid_from):
            raise wrong("valid_until", "must be after valid_from")


class FlashSaleRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A flash sale."""

    id: SaleId
    title: Text
    sku_id: Id
    price_fen: Price
    units: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    per_customer: Pieces
    starts_at: Moment
    ends_at: Moment

    def to_domain(self) -> SaleTerms:
        """The terms."""
        return SaleTerms(
            id=self.id,
            title=self.title,
            sku_id=self.sku_id,
            price_fen=self.price_fen,
            units=self.units,
            per_customer=self.per_customer,
            starts_at=_seconds(self.starts_at),
            ends_at=_seconds(self.ends_at),
        )


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


class ShipRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ship a whole order in one parcel."""

    company: Id
    tracking_no: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{6,32}$")]
    reason: Text = "发货"


class OrdersOfDayQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/orders`; today (Shanghai) unless told."""

    status: Literal["TO_PAY", "CLOSING", "TO_SHIP", "TO_RECEIVE", "DONE", "CLOSED", ""] = ""
    day: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8})?$")] = ""


class ProductOutcomeView(msgspec.Struct, frozen=True):
    """What became of a product."""

    product_id: str
    outcome: Outcome


class CouponOutcomeView(msgspec.Struct, frozen=True):
    """What became of a coupon template."""

    coupon_id: str
    outcome: Outcome


class SaleOutcomeView(msgspec.Struct, frozen=True):
    """What became of a flash sale."""

    sale_id: str
    outcome: Outcome
    shards: int


class OutcomeView(msgspec.Struct, frozen=True):
    """What became of a document."""

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
    def of(cls, row: SkuRow, approval_id: str | None = None) -> "StockView":
        """The view of a SKU."""
        return cls(
            sku_id=row.sku_id,
            title=row.title,
            spec=row.spec,
            available=int(row.available),
            taken=int(row.taken),
            in_total=int(row.in_total),
            on_sale=bool(row.on_sale),
            price_fen=int(row.price_fen),
            approval_id=approval_id,
        )


class StaffSaleView(msgspec.Struct, frozen=True):
    """A flash sale to staff: `available` units are free, `taken` are held or sold."""

    id: str
    title: str
    sku_id: str
    price_fen: int
    units: int
    available: int
    taken: int
    per_customer: int
    starts_at: str
    ends_at: str
    open: bool

    @classmethod
    def of(cls, sale: FlashSale, shards: Sequence[ShardRow]) -> "StaffSaleView":
        """The view of a sale."""
        return cls(
            id=sale.id,
            title=sale.title,
            sku_id=sale.sku_id,
            price_fen=sale.price_fen,
            units=sale.units,
            available=sum(int(row.free) for row in shards),
            taken=sum(int(row.total) - int(row.free) for row in shards),
            per_customer=sale.per_customer,
            starts_at=rfc3339(sale.starts_at),
            ends_at=rfc3339(sale.ends_at),
            open=sale.open,
        )


class OrderEntryView(msgspec.Struct, frozen=True):
    """One order of a day."""

    order_no: str
    status: str
    payable_fen: int


class MoveView(msgspec.Struct, frozen=True):
    """One move of an order."""

    status: str
    actor: str
    cause: str
    at: str


class ParcelView(msgspec.Struct, frozen=True):
    """One parcel."""

    company: str
    tracking_no: str
    state: str | None


class StaffOrderView(msgspec.Struct, frozen=True):
    """An order to staff; the person behind it is masked."""

    order_no: str
    status: str
    lines: Sequence[LineView]
    amounts: AmountsView
    address: AddressView
    remark: str
    created_at: str
    paid_at: str | None
    shipped_at: str | None
    closed_at: str | None
    close_reason: str | None
    transaction_id: str | None
    history: Sequence[MoveView]
    parcels: Sequence[ParcelView]
    refunds: Sequence[RefundView]

    @classmethod
    def of(
        cls,
        order: Order,
        history: Sequence[HistoryRow],
        parcels: Sequence[ParcelRow],
        refunds: Sequence[RefundView],
    ) -> "StaffOrderView":
        """The view of an order."""
        masked = order.address.masked()
        return cls(
            order_no=order.order_no,
            status=order.status,
            lines=lines_of(order),
            amounts=AmountsView(
                order.goods_total_fen,
                order.discount_total_fen,
                order.freight_fen,
                order.payable_fen,
            ),
            address=AddressView(
                masked.name,
                masked.phone,
                masked.province,
                masked.city,
                masked.district,
                masked.detail,
            ),
            remark=order.remark,
            created_at=rfc3339(order.created_at),
            paid_at=rfc3339_or_none(order.paid_at),
            shipped_at=rfc3339_or_none(order.shipped_at),
            closed_at=rfc3339_or_none(order.closed_at),
            close_reason=order.close_reason or None,
            transaction_id=order.transaction_id or None,
            history=[MoveView(m.status, m.actor, m.cause, rfc3339(int(m.at))) for m in history],
            parcels=[ParcelView(p.company, p.tracking_no, p.state) for p in parcels],
            refunds=refunds,
        )


class ShippedView(msgspec.Struct, frozen=True):
    """What became of an order."""

    order_no: str
    status: str


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
