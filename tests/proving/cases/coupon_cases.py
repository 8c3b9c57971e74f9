"""Coupons under pressure: claims that meet on pools, and claims that are cut short."""

from collections.abc import Callable, Sequence
from functools import partial

from tests.proving.cases.flash_pairs import at_home, name_at_home
from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import SPREAD_COUPON, Direct, Scene, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.invariants import tables_of
from tests.proving.shop import Answer, Shop


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


COUPON_PAIRS: dict[str, Direct] = {
    "claim x claim, one home": two_at_one_home,
    "claim x claim, last one away": last_away,
    "claim x claim, same key away": same_key_away,
    "claim x claim, two keys away": two_keys_away,
    "claim x raised quota": claim_and_raise,
}
COUPON_GROUPS: dict[str, Direct] = {"4 claims, two pools": crowd_at_two_pools}
COUPON_STEPS: dict[str, DirectStep] = {
    "claim away": partial(_claim_away, again=True),
    "claim away, abandoned": partial(_claim_away, again=False),
}
