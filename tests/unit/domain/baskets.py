"""Baskets, coupons and fees to price, and the strategies that make them up; seeds are fixed."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from shop.domain.address import Address
from shop.domain.campaign import Campaign
from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    CouponTemplate,
    Scope,
    ScopeType,
)
from shop.domain.freight import FreightBook, FreightBy, FreightRate, FreightTemplate
from shop.domain.offer import Offer
from shop.domain.pricing import Terms
from shop.domain.quote import Quote, Wanted, quote

NOW = 1_790_000_000
HOME = Address("张三", "13800138000", "浙江省", "杭州市", "西湖区", "龙井路1号")
FAR = Address("李四", "13900139000", "新疆维吾尔自治区", "乌鲁木齐市", "天山区", "1号")
ISLAND = Address("王五", "13700137000", "台湾省", "台北市", "大安区", "1号")
BOOK = FreightBook(
    (
        FreightTemplate(
            id="std",
            name="默认",
            by=FreightBy.PIECE,
            default=FreightRate((), 3, 800, 3, 300, 9_900),
            rates=(
                FreightRate(("青海省",), 1, 700, 1, 700, None),
                FreightRate(("西藏自治区", "新疆维吾尔自治区"), 3, 1_800, 2, 900, None),
            ),
            not_served=("香港特别行政区", "台湾省"),
        ),
        FreightTemplate(
            id="heavy",
            name="重物",
            by=FreightBy.WEIGHT,
            default=FreightRate((), 1_000, 600, 500, 200, None),
            rates=(),
            not_served=("新疆维吾尔自治区",),
        ),
        FreightTemplate(
            id="bulky",
            name="大件",
            by=FreightBy.VOLUME,
            default=FreightRate((), 20_000, 1_000, 10_000, 400, 29_900),
            rates=(),
            not_served=(),
        ),
    )
)

seeded: Callable[[Any], Any] = settings(derandomize=True, database=None, deadline=None)
"""The same examples in every run, however busy the machine: what fails once fails again."""


def claim_of(
    kind: CouponKind = CouponKind.AMOUNT,
    claim_id: str = "k-1",
    status: ClaimStatus = ClaimStatus.UNUSED,
    **terms: Any,
) -> CouponClaim:
    template = CouponTemplate(
        id="k",
        title="券",
        kind=kind,
        threshold_fen=terms.get("threshold_fen", 0),
        amount_fen=terms.get("amount_fen", 0),
        percent_off=terms.get("percent_off", 0),
        cap_fen=terms.get("cap_fen", 0),
        scope=terms.get("scope", Scope()),
        claim_starts_at=0,
        claim_ends_at=NOW,
        valid_from=terms.get("valid_from", 0),
        valid_until=terms.get("valid_until", 0),
        valid_days=terms.get("valid_days", 7),
        quota=1,
        per_customer=1,
        exclusive_with=terms.get("exclusive_with", ()),
    )
    return CouponClaim(claim_id, template, status, NOW - 1, NOW + 1, NOW - 1)


IN_SCOPE = Scope(ScopeType.CATEGORIES, ("c-in",))


def offer_of(number: int, price_fen: int, **other: Any) -> Offer:
    known: dict[str, Any] = {
        "sku_id": f"p{number}-1",
        "product_id": f"p{number}",
        "category_ids": (other.pop("category", "c-in"),),
        "title": f"题{number}",
        "spec": f"规格{number}",
        "image_url": f"https://img.example.com/{number}.jpg",
        "price_fen": price_fen,
        "price_version": 7,
        "on_sale": True,
        "available": 99,
        "limit": None,
    }
    return Offer(**(known | other))


def campaign_of(campaign_id: str = "m", **terms: Any) -> Campaign:
    known: dict[str, Any] = {
        "scope": Scope(),
        "threshold_fen": 0,
        "amount_fen": 0,
        "percent_off": 0,
        "starts_at": NOW,
        "ends_at": NOW + 1,
    }
    return Campaign(id=campaign_id, **(known | terms))


def priced(
    bought: Sequence[tuple[Offer, int]],
    held: Sequence[CouponClaim] = (),
    address: Address | None = HOME,
    *,
    chosen: Sequence[str] | None = None,
    book: FreightBook = BOOK,
    campaigns: Sequence[Campaign] = (),
    is_member: bool = False,
) -> Quote:
    """The quote of a basket; every held coupon is chosen unless told otherwise."""
    ids = [claim.claim_id for claim in held] if chosen is None else chosen
    terms = Terms(held, ids, book, address, NOW, campaigns, is_member)
    basket = [Wanted(offer.sku_id, count) for offer, count in bought]
    return quote(basket, {offer.sku_id: offer for offer, _ in bought}, terms)


@st.composite
def baskets(draw: st.DrawFn) -> list[tuple[Offer, int]]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, 10_000_000),
                st.integers(1, 99),
                st.sampled_from(["c-in", "c-out"]),
                st.sampled_from(["", "std", "heavy", "bulky", "gone"]),
                st.integers(0, 20_000),
            ),
            min_size=1,
            max_size=20,
        )
    )
    return [
        (
            offer_of(n, price, category=category, freight=template, weight_g=size, volume_cm3=size),
            count,
        )
        for n, (price, count, category, template, size) in enumerate(drawn)
    ]


scopes = st.sampled_from([Scope(), IN_SCOPE, Scope(ScopeType.PRODUCTS, ("p0", "p3"))])
goods_claims = st.builds(
    lambda kind, amount, percent, cap, threshold, scope: claim_of(
        kind,
        amount_fen=amount,
        percent_off=percent,
        cap_fen=cap,
        threshold_fen=threshold,
        scope=scope,
    ),
    st.sampled_from([CouponKind.AMOUNT, CouponKind.PERCENT]),
    st.integers(0, 10**9),
    st.integers(1, 99),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    scopes,
)
freight_claims = st.integers(0, 5_000).map(
    lambda amount: claim_of(CouponKind.FREIGHT, "k-2", amount_fen=amount)
)
campaign_lists = st.lists(
    st.builds(
        lambda scope, threshold, amount, percent, members: campaign_of(
            scope=scope,
            threshold_fen=threshold,
            amount_fen=amount,
            percent_off=percent,
            members_only=members,
        ),
        scopes,
        st.integers(0, 10**7),
        st.integers(0, 10**6),
        st.integers(0, 99),
        st.booleans(),
    ),
    max_size=3,
)
