"""The stock audit on the wire."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.audit import SaleAudit, SkuAudit
from shop.errors import ValidationError
from shop.usecases.audit import StockAudit

_Named = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{0,64}$")]


class StockAuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`GET /v1/admin/audit/stock`: one SKU with its sales, or one sale."""

    sku: _Named = ""
    sale: _Named = ""

    def checked(self) -> "StockAuditQuery":
        """The query, which names one of the two.

        Raises:
            ValidationError: It names both or none.
        """
        if bool(self.sku) == bool(self.sale):
            raise ValidationError(errors=[{"field": "sku", "message": "or sale: one of the two"}])
        return self


class SkuAuditView(msgspec.Struct, frozen=True):
    """A SKU's counters beside what orders hold; `difference` is what `taken` has too much."""

    sku_id: str
    available: int
    taken: int
    in_total: int
    held: int
    sold: int
    difference: int
    recent_orders: int
    adds_up: bool

    @classmethod
    def of(cls, found: SkuAudit) -> "SkuAuditView":
        """The view of one SKU."""
        return cls(
            sku_id=found.sku_id,
            available=found.available,
            taken=found.taken,
            in_total=found.in_total,
            held=found.held,
            sold=found.sold,
            difference=found.difference,
            recent_orders=found.recent_orders,
            adds_up=not found.is_wrong,
        )


class SaleAuditView(msgspec.Struct, frozen=True):
    """A sale's shards together; `returned` went back to the SKU after its end."""

    sale_id: str
    sku_id: str
    units: int
    free: int
    held: int
    sold: int
    in_shards: int
    returned: int
    wrong_shards: Sequence[int]
    adds_up: bool

    @classmethod
    def of(cls, found: SaleAudit) -> "SaleAuditView":
        """The view of one sale."""
        return cls(
            sale_id=found.sale_id,
            sku_id=found.sku_id,
            units=found.units,
            free=found.free,
            held=found.held,
            sold=found.sold,
            in_shards=found.in_shards,
            returned=found.returned,
            wrong_shards=list(found.wrong_shards),
            adds_up=not found.is_wrong,
        )


class StockAuditView(msgspec.Struct, frozen=True):
    """What an audit found."""

    differences: int
    skus: Sequence[SkuAuditView]
    sales: Sequence[SaleAuditView]

    @classmethod
    def of(cls, found: StockAudit) -> "StockAuditView":
        """The view of an audit."""
        return cls(
            differences=found.differences,
            skus=[SkuAuditView.of(one) for one in found.skus],
            sales=[SaleAuditView.of(one) for one in found.sales],
        )
