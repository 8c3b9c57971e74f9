"""Price campaigns and member prices: what they take off a basket by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.domain.coupon import PricedGoods, Scope
from shop.domain.money import percent_of


@dataclass(frozen=True, slots=True)
class Campaign:
    """One rule. Amounts in fen, times in UTC seconds, `ends_at` exclusive.

    Attributes:
        scope: The goods it reduces.
        threshold_fen: Those goods must cost at least this.
        amount_fen: Taken off; 0 where a percentage is.
        percent_off: 0-99; rounded down.
        members_only: A member price: for members and nobody else.
    """

    id: str
    scope: Scope
    threshold_fen: int
    amount_fen: int
    percent_off: int
    starts_at: int
    ends_at: int
    members_only: bool = False

    def runs(self, now: int, *, is_member: bool) -> bool:
        """Whether it counts for this buyer now."""
        return self.starts_at <= now < self.ends_at and (is_member or not self.members_only)


@dataclass(frozen=True, slots=True)
class Reduction:
    """What one campaign takes off the lines at these positions."""

    campaign_id: str
    lines: tuple[int, ...]
    amount_fen: int


def best(
    campaigns: Sequence[Campaign], goods: Sequence[PricedGoods], now: int, *, is_member: bool
) -> Reduction | None:
    """The reduction of the campaign that takes most off; campaigns never add up."""
    running = [one for one in campaigns if one.runs(now, is_member=is_member)]
    found = [made for one in running if (made := _reduction(one, goods))]
    return max(found, key=lambda made: made.amount_fen, default=None)


def _reduction(campaign: Campaign, goods: Sequence[PricedGoods]) -> Reduction | None:
    covered = tuple(
        index
        for index, line in enumerate(goods)
        if campaign.scope.covers(line.product_id, line.category_ids)
    )
    amount = sum(goods[index].amount_fen for index in covered)
    if not covered or amount < campaign.threshold_fen:
        return None
    off = campaign.amount_fen + percent_of(amount, campaign.percent_off)
    return Reduction(campaign.id, covered, min(off, amount))
