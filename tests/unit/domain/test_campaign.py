"""Price campaigns: the best one counts, once."""

import pytest

from shop.domain.campaign import Campaign, Reduction, best
from shop.domain.coupon import PricedGoods, Scope, ScopeType
from tests.unit.domain.baskets import IN_SCOPE, NOW, campaign_of

GOODS = [PricedGoods("p1", ("c-in",), 700), PricedGoods("p2", ("c-out",), 300)]


def found(*campaigns: Campaign, now: int = NOW, is_member: bool = False) -> Reduction | None:
    return best(campaigns, GOODS, now, is_member=is_member)


@pytest.mark.parametrize(
    ("campaign", "lines", "off"),
    [
        (campaign_of(amount_fen=40), (0, 1), 40),
        (campaign_of(percent_off=15), (0, 1), 150),
        (campaign_of(percent_off=15, amount_fen=3), (0, 1), 153),
        (campaign_of(percent_off=15, scope=IN_SCOPE), (0,), 105),
        (campaign_of(amount_fen=9_999, scope=IN_SCOPE), (0,), 700),
        (campaign_of(amount_fen=9, scope=Scope(ScopeType.PRODUCTS, ("p2",))), (1,), 9),
        (campaign_of(amount_fen=40, threshold_fen=1_000), (0, 1), 40),
    ],
)
def test_what_a_campaign_takes_off(campaign: Campaign, lines: tuple[int, ...], off: int) -> None:
    assert found(campaign) == Reduction("m", lines, off)


def test_the_best_counts_and_the_first_of_equal_ones() -> None:
    less, more = campaign_of("a", amount_fen=40), campaign_of("b", percent_off=5)
    same = campaign_of("c", amount_fen=50)
    assert found(less, more, same) == Reduction("b", (0, 1), 50)
    assert found(same, more) == Reduction("c", (0, 1), 50)


def test_what_does_not_count() -> None:
    assert found() is None
    assert found(campaign_of(amount_fen=1, threshold_fen=1_001)) is None
    assert found(campaign_of(amount_fen=1, threshold_fen=701, scope=IN_SCOPE)) is None
    assert found(campaign_of(amount_fen=1), now=NOW - 1) is None
    assert found(campaign_of(amount_fen=1), now=NOW + 1) is None
    assert (
        best([campaign_of(amount_fen=1, scope=IN_SCOPE)], GOODS[1:], NOW, is_member=False) is None
    )


def test_member_prices_are_for_members() -> None:
    mine = campaign_of(amount_fen=1, members_only=True)
    assert found(mine) is None
    assert found(mine, is_member=True) == Reduction("m", (0, 1), 1)
    assert found(campaign_of(amount_fen=1), is_member=True) == Reduction("m", (0, 1), 1)
