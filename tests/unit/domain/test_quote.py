"""Money: every split exact, nothing negative, no order ever free (hypothesis)."""

from hypothesis import given
from hypothesis import strategies as st

from shop.domain.address import Address
from shop.domain.coupon import (
    ClaimStatus,
    CouponClaim,
    CouponKind,
    CouponTemplate,
    PricedGoods,
    Scope,
    ScopeType,
    Unusable,
    saving,
)
from shop.domain.freight import FreightRate, FreightRules
from shop.domain.money import allocate, percent_of
from shop.domain.quote import Offer, Quote, Wanted, quote

NOW = 1_790_000_000
HOME = Address("张三", "13800138000", "浙江省", "杭州市", "西湖区", "龙井路1号")
RULES = FreightRules(
    first_pieces=3,
    further_pieces=3,
    default=FreightRate((), 800, 300, 9_900),
    rates=(FreightRate(("新疆维吾尔自治区",), 1_800, 900, None),),
    not_served=("台湾省",),
)


def claim_of(
    kind: CouponKind = CouponKind.AMOUNT, claim_id: str = "k-1", **terms: int
) -> CouponClaim:
    template = CouponTemplate(
        id="k",
        title="券",
        kind=kind,
        threshold_fen=terms.get("threshold_fen", 0),
        amount_fen=terms.get("amount_fen", 0),
        percent_off=terms.get("percent_off", 0),
        cap_fen=terms.get("cap_fen", 0),
        scope=Scope(ScopeType.CATEGORIES, ("c-in",)) if terms.get("scoped") else Scope(),
        claim_starts_at=0,
        claim_ends_at=NOW,
        valid_from=0,
        valid_until=0,
        valid_days=7,
        quota=1,
        per_customer=1,
    )
    return CouponClaim(claim_id, template, ClaimStatus.UNUSED, NOW - 1, NOW + 1, NOW - 1)


def offer(number: int, price_fen: int, category: str = "c-in") -> Offer:
    return Offer(
        sku_id=f"p{number}-1",
        product_id=f"p{number}",
        category_ids=(category,),
        title="题",
        spec="",
        image_url="",
        price_fen=price_fen,
        price_version=1,
        on_sale=True,
        available=99,
        limit=None,
    )


prices = st.integers(1, 10_000_000)
lines = st.lists(
    st.tuples(prices, st.integers(1, 99), st.sampled_from(["c-in", "c-out"])),
    min_size=1,
    max_size=20,
)
claims = st.builds(
    lambda kind, amount, percent, cap, threshold, scoped: claim_of(
        kind,
        amount_fen=amount,
        percent_off=percent,
        cap_fen=cap,
        threshold_fen=threshold,
        scoped=scoped,
    ),
    st.sampled_from([CouponKind.AMOUNT, CouponKind.PERCENT]),
    st.integers(0, 10**9),
    st.integers(1, 99),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 1),
)
freight_claims = st.integers(0, 5_000).map(
    lambda amount: claim_of(CouponKind.FREIGHT, "k-2", amount_fen=amount)
)


def priced(
    wanted: list[tuple[int, int, str]], held: list[CouponClaim], address: Address | None = HOME
) -> Quote:
    offers = {
        f"p{number}-1": offer(number, price, category)
        for number, (price, _, category) in enumerate(wanted)
    }
    basket = [Wanted(f"p{number}-1", count) for number, (_, count, _) in enumerate(wanted)]
    chosen = [claim.claim_id for claim in held]
    return quote(basket, offers, held, chosen, RULES, address, NOW)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_is_exact_and_fair(total: int, weights: list[int]) -> None:
    if not sum(weights):
        total = 0
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part * whole - total * weight) < whole
        if total <= whole:
            assert part <= weight


@given(lines, claims, freight_claims)
def test_every_quote_adds_up(
    wanted: list[tuple[int, int, str]], goods: CouponClaim, freight: CouponClaim
) -> None:
    made = priced(wanted, [goods, freight])
    assert made.goods_total_fen == sum(price * count for price, count, _ in wanted)
    assert made.discount_total_fen == sum(line.discount_fen for line in made.lines)
    assert all(line.discount_fen >= 0 and line.payable_fen >= 0 for line in made.lines)
    assert made.freight_fen >= 0
    assert made.payable_fen == sum(line.payable_fen for line in made.lines) + made.freight_fen
    assert made.payable_fen == made.goods_total_fen - made.discount_total_fen + made.freight_fen
    assert made.payable_fen >= 1
    for line, (_, _, category) in zip(made.lines, wanted, strict=True):
        if goods.template.scope.ids and category == "c-out":
            assert line.discount_fen == 0


@given(lines, claims)
def test_a_coupon_takes_no_more_than_it_promises(
    wanted: list[tuple[int, int, str]], claim: CouponClaim
) -> None:
    goods = [PricedGoods("p", (category,), price * count) for price, count, category in wanted]
    saved = saving(claim, goods, 0, NOW)
    terms = claim.template
    covered = sum(goods[index].amount_fen for index in saved.lines)
    assert 0 <= saved.discount_fen <= covered
    if terms.kind is CouponKind.PERCENT:
        assert saved.discount_fen <= percent_of(covered, terms.percent_off)
        assert not terms.cap_fen or saved.discount_fen <= terms.cap_fen
    else:
        assert saved.discount_fen <= terms.amount_fen
    if covered < terms.threshold_fen:
        assert saved.reason in {Unusable.BELOW_THRESHOLD, Unusable.OUT_OF_SCOPE}
        assert saved.discount_fen == 0


@given(lines, claims)
def test_the_order_of_lines_changes_no_total(
    wanted: list[tuple[int, int, str]], claim: CouponClaim
) -> None:
    forth, back = priced(wanted, [claim]), priced(wanted[::-1], [claim])
    assert forth.payable_fen == back.payable_fen
    assert forth.discount_total_fen == back.discount_total_fen


def test_an_order_is_never_free() -> None:
    made = priced([(500, 1, "c-in")], [claim_of(amount_fen=500)], None)
    assert (made.discount_total_fen, made.payable_fen) == (499, 1)
    free = claim_of(CouponKind.FREIGHT, "k-2")
    one_fen = priced([(1, 1, "c-in")], [claim_of(amount_fen=500), free])
    assert (one_fen.discount_total_fen, one_fen.freight_fen, one_fen.payable_fen) == (0, 0, 1)


def test_percent_is_rounded_down_and_capped() -> None:
    tenth = claim_of(CouponKind.PERCENT, percent_off=10, cap_fen=3_000)
    assert priced([(12_805, 1, "c-in")], [tenth]).discount_total_fen == 1_280
    assert priced([(56_800, 1, "c-in")], [tenth]).discount_total_fen == 3_000


def test_freight_counts_pieces_and_looks_at_goods_after_the_coupon() -> None:
    assert priced([(1_000, 3, "c-in")], []).freight_fen == 800
    assert priced([(1_000, 4, "c-in")], []).freight_fen == 1_100
    assert priced([(9_900, 1, "c-in")], []).freight_fen == 0
    assert priced([(9_900, 1, "c-in")], [claim_of(amount_fen=1)]).freight_fen == 800
    far = Address("李四", "13900139000", "新疆维吾尔自治区", "乌鲁木齐市", "天山区", "1号")
    assert priced([(99_900, 7, "c-in")], [], far).freight_fen == 1_800 + 2 * 900
    assert not RULES.serves("台湾省")


def test_a_claim_tells_why_it_cannot_be_used() -> None:
    goods = [PricedGoods("p", ("c-out",), 100)]
    fresh = claim_of(amount_fen=5)
    assert saving(fresh, goods, 0, NOW - 2).reason is Unusable.NOT_STARTED
    assert saving(fresh, goods, 0, NOW + 1).reason is Unusable.EXPIRED
    assert saving(claim_of(amount_fen=5, scoped=1), goods, 0, NOW).reason is Unusable.OUT_OF_SCOPE
    dear = claim_of(amount_fen=5, threshold_fen=101)
    assert saving(dear, goods, 0, NOW).reason is Unusable.BELOW_THRESHOLD
