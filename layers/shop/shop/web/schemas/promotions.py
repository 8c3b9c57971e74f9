"""Coupon templates and flash sales, as staff send and see them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.coupon import (
    CouponKind,
    CouponTemplate,
    Exclusive,
    Obtained,
    Scope,
    ScopeType,
)
from shop.domain.coupon_pool import pool_count
from shop.domain.flash import FlashSale
from shop.store.flash import ShardRow
from shop.usecases.flash_setup import SaleTerms
from shop.usecases.notes import Outcome
from shop.web.schemas.fields import (
    Fen,
    Id,
    Moment,
    Pieces,
    Price,
    SaleId,
    Text,
    seconds_of,
)
from shop.web.schemas.texts import wrong
from shop.web.schemas.times import rfc3339

Ids = Annotated[list[Id], msgspec.Meta(max_length=200)]
Each = Annotated[list[Exclusive], msgspec.Meta(max_length=2)]


class ScopeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which goods a coupon is good for."""

    type: ScopeType = ScopeType.ALL
    ids: Ids = []
    but_products: Ids = []
    but_categories: Ids = []


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
    obtained: Obtained = Obtained.CLAIM
    new_customers_only: bool = False
    exclusive_with: Each = []
    returns_on_full_refund: bool = False

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
            scope=Scope(
                self.scope.type,
                tuple(self.scope.ids),
                tuple(self.scope.but_products),
                tuple(self.scope.but_categories),
            ),
            claim_starts_at=seconds_of(self.claim_starts_at),
            claim_ends_at=seconds_of(self.claim_ends_at),
            valid_from=seconds_of(self.valid_from),
            valid_until=seconds_of(self.valid_until),
            valid_days=self.valid_days,
            quota=self.quota,
            per_customer=self.per_customer,
            obtained=self.obtained,
            new_customers_only=self.new_customers_only,
            exclusive_with=tuple(sorted(set(self.exclusive_with))),
            returns_on_full_refund=self.returns_on_full_refund,
            pools=pool_count(self.quota),
        )

    def _check_worth(self) -> None:
        needed = {CouponKind.AMOUNT: "amount_fen", CouponKind.PERCENT: "percent_off"}
        name = needed.get(self.kind)
        if name and not getattr(self, name):
            raise wrong(name, f"is needed for kind {self.kind}")
        if self.kind is CouponKind.AMOUNT and self.threshold_fen <= self.amount_fen:
            raise wrong("threshold_fen", "must be more than amount_fen, or an order could be free")
        if self.kind is not CouponKind.PERCENT and (self.percent_off or self.cap_fen):
            raise wrong("percent_off", "is for kind percent only")
        if (self.scope.type is ScopeType.ALL) == bool(self.scope.ids):
            raise wrong("scope.ids", "must name something, unless the type is all")
        if self.per_customer > self.quota:
            raise wrong("per_customer", "must not be more than quota")

    def _check_times(self) -> None:
        if seconds_of(self.claim_ends_at) <= seconds_of(self.claim_starts_at):
            raise wrong("claim_ends_at", "must be after claim_starts_at")
        ends = (self.valid_from, self.valid_until)
        if (None in ends) != bool(self.valid_days) or ends.count(None) == 1:
            raise wrong("valid_days", "or valid_from with valid_until: one of the two")
        if not self.valid_days and seconds_of(self.valid_until) <= seconds_of(self.valid_from):
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
            starts_at=seconds_of(self.starts_at),
            ends_at=seconds_of(self.ends_at),
        )


class CouponOutcomeView(msgspec.Struct, frozen=True):
    """What became of a coupon template."""

    coupon_id: str
    outcome: Outcome


class SaleOutcomeView(msgspec.Struct, frozen=True):
    """What became of a flash sale."""

    sale_id: str
    outcome: Outcome
    shards: int


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
