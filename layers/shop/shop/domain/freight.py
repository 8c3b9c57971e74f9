"""Delivery fees: named templates that charge by piece, weight or volume, region by region.

How templates combine in one order: lines are grouped by the template of their product, each group
is a consignment of its own that pays its own first and further units and is judged by its own free
threshold, and the order's fee is the sum. So a basket costs exactly what its consignments cost one
by one, whatever order its lines stand in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PROVINCES = frozenset({
    "北京市", "天津市", "河北省", "山西省", "内蒙古自治区", "辽宁省",
    "吉林省", "黑龙江省", "上海市", "江苏省", "浙江省", "安徽省",
    "福建省", "江西省", "山东省", "河南省", "湖北省", "湖南省",
    "广东省", "广西壮族自治区", "海南省", "重庆市", "四川省", "贵州省",
    "云南省", "西藏自治区", "陕西省", "甘肃省", "青海省", "宁夏回族自治区",
    "新疆维吾尔自治区", "香港特别行政区", "澳门特别行政区", "台湾省",
})  # fmt: skip
"""As addresses write them (`web.schemas.places`): a rate for any other name would never count."""


class FreightBy(StrEnum):
    """What a template counts: pieces, grams or cubic centimetres."""

    PIECE = "piece"
    WEIGHT = "weight"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class FreightRate:
    """Fees for some provinces.

    Attributes:
        provinces: Empty for a template's default rate.
        first_units: Units covered by the first fee, at least 1.
        further_units: Units covered by each further fee, at least 1; a begun one counts whole.
        free_threshold_fen: Goods of the template that cost as much after discounts travel free;
            None means never.
    """

    provinces: tuple[str, ...]
    first_units: int
    first_fee_fen: int
    further_units: int
    further_fee_fen: int
    free_threshold_fen: int | None

    def fee(self, units: int, goods_fen: int) -> int:
        """The fee in fen for so many units of goods that cost `goods_fen` after discounts."""
        if self.free_threshold_fen is not None and goods_fen >= self.free_threshold_fen:
            return 0
        further = -(-max(0, units - self.first_units) // self.further_units)
        return self.first_fee_fen + further * self.further_fee_fen


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent of one line; an empty `template_id` means the shop's default.

    `amount_fen` is what the buyer pays for it after discounts.
    """

    template_id: str
    pieces: int
    weight_g: int
    volume_cm3: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class FreightTemplate:
    """One named set of fees.

    Attributes:
        default: For every province no other rate names.
        rates: For the provinces they name.
        not_served: Provinces nothing of this template is sent to.
    """

    id: str
    name: str
    by: FreightBy
    default: FreightRate
    rates: tuple[FreightRate, ...]
    not_served: tuple[str, ...]

    def rate(self, province: str) -> FreightRate:
        """The fees that count there."""
        return next((one for one in self.rates if province in one.provinces), self.default)

    def units(self, load: Load) -> int:
        """A load in the unit that this template counts."""
        if self.by is FreightBy.PIECE:
            return load.pieces
        return load.weight_g if self.by is FreightBy.WEIGHT else load.volume_cm3


@dataclass(frozen=True, slots=True)
class FreightBook:
    """All templates of a shop; the first is the default. With none, everything travels free."""

    templates: tuple[FreightTemplate, ...] = ()

    def template(self, template_id: str) -> FreightTemplate | None:
        """The template of this id, else the default: one that was removed strands no product."""
        default = next(iter(self.templates), None)
        return next((one for one in self.templates if one.id == template_id), default)

    def serves(self, template_id: str, province: str) -> bool:
        """Whether goods of this template are sent there."""
        template = self.template(template_id)
        return template is None or province not in template.not_served

    def fee(self, province: str, loads: Sequence[Load]) -> int:
        """The fee in fen for all loads that are sent there; others are not charged."""
        total = 0
        for template in self.templates:
            mine = [one for one in loads if self.template(one.template_id) is template]
            if mine and province not in template.not_served:
                units = sum(template.units(one) for one in mine)
                goods = sum(one.amount_fen for one in mine)
                total += template.rate(province).fee(units, goods)
        return total
