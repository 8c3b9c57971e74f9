"""Coupons under pressure: claims that meet on pools, and claims that are cut short."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from tests.proving.cases.counter import Counter
from tests.proving.cases.flash_pairs import at_home, name_at_home
from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import PLENTY, SPREAD_COUPON, Direct, Scene, paid, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.invariants import tables_of
from tests.proving.shop import Answer, Buyer, Shop

GIVEN = "k-given"
EXCHANGE = "POST /v1/coupons/exchange"


def _claims(count: int) -> Callable[[Shop], Sequence[str]]:
    return partial(_counted, count)


def _counted(count: int, shop: Shop) -> Sequence[str]:
    found = len(tables_of(shop).claims)
    return () if found == count else [f"{found} claims, not {count}"]


def _home_emptied(shop: Shop) -> None:
    """The first pool has nothing left, the second has one."""
    assert claim(shop, at_home(shop, 0, 1), SPREAD_COUPON, "k").status == 201


def two_at_one_home(shop: Shop) -> Scene:
    """Both have their home at one pool, which has one: the other has one too."""
    wang, li = at_home(shop, 0), at_home(shop, 0, 1)
    return Scene(
        [partial(claim, shop, one, SPREAD_COUPON, "k") for one in (wang, li)],
        statuses([201, 201]),
        finish=_claims(2),
    )


def last_away(shop: Shop) -> Scene:
    """One claims away from home what the other has at home."""
    _home_emptied(shop)
    wang, li = at_home(shop, 0), at_home(shop, 1)
    return Scene(
        [partial(claim, shop, one, SPREAD_COUPON, "k") for one in (wang, li)],
        statuses([201, 409]),
        finish=_claims(2),
    )


def same_key_away(shop: Shop) -> Scene:
    _home_emptied(shop)
    wang = at_home(shop, 0)
    return Scene(
        [partial(claim, shop, wang, SPREAD_COUPON, "k")] * 2,
        statuses([201, 201]),
        finish=_claims(2),
    )


def two_keys_away(shop: Shop) -> Scene:
    """The limit is counted at home, wherever the coupon comes from."""
    _home_emptied(shop)
    wang = at_home(shop, 0)
    return Scene(
        [partial(claim, shop, wang, SPREAD_COUPON, key) for key in ("a", "b")],
        finish=_claims(2),
    )


def claim_and_raise(shop: Shop) -> Scene:
    """The quota is raised while somebody is refused for it."""
    from dataclasses import replace

    from shop.store import coupons
    from shop.store.writes import apply

    template = coupons.template_of(SPREAD_COUPON)
    assert template is not None
    _home_emptied(shop)
    claim(shop, at_home(shop, 1), SPREAD_COUPON, "k")

    def more() -> Answer:
        apply(coupons.change(template, replace(template, quota=4)))
        return Answer(200, None)

    return Scene([partial(claim, shop, at_home(shop, 0), SPREAD_COUPON, "k"), more])


def crowd_at_two_pools(shop: Shop) -> Scene:
    buyers = [at_home(shop, 0, number) for number in range(3)] + [at_home(shop, 1)]

    def expect(answers: list[Answer]) -> Sequence[str]:
        made = sum(answer.status == 201 for answer in answers)
        return () if made == 2 else [f"{made} claims, not 2: {answers}"]

    return Scene([partial(claim, shop, one, SPREAD_COUPON, "k") for one in buyers], expect)


def _claim_away(shop: Shop, again: bool) -> Step:
    _home_emptied(shop)
    name = name_at_home(shop, 0)

    def take() -> Answer:
        return claim(shop, shop.buyer(name), SPREAD_COUPON, "k")

    return Step(take, take, _claims(2)) if again else Step(take)


def _coded(shop: Shop, count: int) -> list[str]:
    """Single-use codes of a coupon of its own, as staff are told them."""
    from shop.crypto.keyring import KeyRing
    from shop.domain.coupon import Obtained
    from shop.domain.coupon_code import CodeUse
    from shop.store.staff import StaffWrite
    from shop.usecases import coupon_codes

    shop.put_coupon("k-code", quota=40, obtained=Obtained.CODE)
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    write = StaffWrite("owner", "codes", "k-code", f"codes-{count}", {}, "", shop.now)
    page = coupon_codes.CodePage("b1", 0, count, CodeUse.ONCE)
    return list(coupon_codes.tell(write, "k-code", page, ring))


def exchange(shop: Shop, buyer: Buyer, code: str) -> Answer:
    """POST /v1/coupons/exchange; each code under a key of its own."""
    headers = {"idempotency-key": code}
    return shop.call("coupons", EXCHANGE, buyer, body={"code": code}, headers=headers)


def one_code_for_two(shop: Shop) -> Scene:
    (code,) = _coded(shop, 1)
    wang, li = shop.buyer("wang"), shop.buyer("li")
    return Scene(
        [partial(exchange, shop, one, code) for one in (wang, li)],
        statuses([201, 409]),
        finish=_claims(1),
    )


def two_codes_of_one(shop: Shop) -> Scene:
    """One customer, two codes, a limit of one."""
    codes, wang = _coded(shop, 2), shop.buyer("wang")
    return Scene(
        [partial(exchange, shop, wang, code) for code in codes],
        statuses([201, 409]),
        finish=_claims(1),
    )


def gift_page(shop: Shop, *names: str, each: int = 2, allowed: bool = True) -> Callable[[], Answer]:
    """Staff send the one page of a gift, of a coupon that its customers may have so many of."""
    from shop.errors import ConflictError, UnavailableError
    from shop.store.coupon_gifts import GiftRow, announce
    from shop.store.writes import ConditionFailed, apply
    from shop.usecases import gift_coupon

    ids = [shop.buyer(name).customer_id for name in names]
    shop.put_coupon(GIVEN, per_customer=each)
    row = GiftRow(
        customers=len(ids), is_allowed=allowed, announced_by="x", reason="r", announced_at=shop.now
    )
    with suppress(ConditionFailed):
        apply(announce(GIVEN, "g1", row))

    def give() -> Answer:
        try:
            gift_coupon.give(GIVEN, "g1", 0, ids, shop.now)
        except ConflictError as refused:
            return Answer(409, {"code": refused.code})
        except UnavailableError:
            return Answer(503, None)
        return Answer(200, None)

    return give


def gift_and_claim(shop: Shop) -> Scene:
    """Staff give what its customer claims meanwhile: a limit of one holds."""
    give, wang = gift_page(shop, "wang", "li", each=1), shop.buyer("wang")
    return Scene([give, partial(claim, shop, wang, GIVEN, "k")], finish=_claims(2))


def gift_and_gift(shop: Shop) -> Scene:
    """A page is sent twice at once: everybody has one, though they may have two."""
    give = gift_page(shop, "wang", "li")
    return Scene([give, give], statuses([200, 200]), finish=_claims(2))


def gift_and_others(shop: Shop) -> Scene:
    """A page is sent with these names and with those: it stays with whom it named first."""
    return Scene(
        [gift_page(shop, "wang", "li"), gift_page(shop, "wang", "zhao")],
        statuses([200, 409]),
        finish=_claims(2),
    )


def exchange_step(shop: Shop) -> Step:
    (code,) = _coded(shop, 1)

    def take() -> Answer:
        return exchange(shop, shop.buyer("wang"), code)

    return Step(take, take, _claims(1))


def gift_step(shop: Shop) -> Step:
    give = gift_page(shop, "wang", "li", "zhao")
    return Step(give, give, _claims(3))


def codes_step(shop: Shop) -> Step:
    """Staff ask for a page of codes until they hear it; the first code is good then."""
    told: list[str] = []

    def ask() -> Answer:
        from shop.errors import UnavailableError

        try:
            told[:] = _coded(shop, 3)
        except UnavailableError:
            return Answer(503, None)
        return Answer(200, None)

    def finish(shop: Shop) -> Sequence[str]:
        answer = exchange(shop, shop.buyer("wang"), told[-1])
        return () if answer.status == 201 else [f"the last code answers {answer}"]

    return Step(ask, ask, finish)


def _paid_with(shop: Shop, quantity: int) -> tuple[str, str]:
    """A paid order with a coupon that comes back with a whole refund, and the claim."""
    shop.put_coupon("k-back", returns_on_full_refund=True)
    wang = shop.buyer("wang")
    mine = str(claim(shop, wang, "k-back", "once").body["claim_id"])
    placed = shop.place(wang, shop.quote_token(wang, {PLENTY: quantity}, (mine,)))
    number = paid(shop, wang, placed, told=True)
    shop.pump()
    return number, mine


def _state(shop: Shop, claim_id: str, status: str) -> Sequence[str]:
    found = [one["st"] for one in tables_of(shop).claims if one["id"] == claim_id]
    return () if found == [status] else [f"claim {claim_id} is {found}, not {status}"]


def whole_refund(shop: Shop) -> Step:
    """The order is cancelled before shipping: its coupon comes back with the pieces, once."""
    number, mine = _paid_with(shop, 2)

    def cancel() -> Answer:
        answer = shop.cancel(shop.buyer("wang"), number)
        shop.pump()
        return answer

    return Step(cancel, cancel, lambda shop: _state(shop, mine, "UNUSED"))


def refund_of_a_part(shop: Shop) -> Step:
    """One of two pieces is given back: the coupon stays used."""
    number, mine = _paid_with(shop, 2)
    counter = Counter(shop)

    def give() -> Answer:
        return counter.create(number, {1: 1})

    return Step(give, give, lambda shop: _state(shop, mine, "USED"))


COUPON_PAIRS: dict[str, Direct] = {
    "claim x claim, one home": two_at_one_home,
    "claim x claim, last one away": last_away,
    "claim x claim, same key away": same_key_away,
    "claim x claim, two keys away": two_keys_away,
    "claim x raised quota": claim_and_raise,
    "exchange x exchange, one code": one_code_for_two,
    "exchange x exchange, two codes of one": two_codes_of_one,
    "gift x claim": gift_and_claim,
    "gift x gift, same page": gift_and_gift,
    "gift x gift, other names": gift_and_others,
}
COUPON_GROUPS: dict[str, Direct] = {"4 claims, two pools": crowd_at_two_pools}
COUPON_STEPS: dict[str, DirectStep] = {
    "claim away": partial(_claim_away, again=True),
    "claim away, abandoned": partial(_claim_away, again=False),
    "exchange": exchange_step,
    "codes of a batch": codes_step,
    "gift to three": gift_step,
    "whole refund, coupon back": whole_refund,
    "refund of a part, coupon": refund_of_a_part,
}
