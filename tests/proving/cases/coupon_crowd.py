"""Crowds on coupons: one for all, one customer's many taps, lost answers, a large drop."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import COUPON, LAST_COUPON, PLENTY, Direct, Scene
from tests.proving.faults import Kind
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.partitions import Partitions
from tests.proving.seam import Call
from tests.proving.shop import Answer, Shop
from tests.proving.simulation import Simulation

CROWD, CHECKOUTS, TRIES = 256, 64, 4
DROP_COUPON, DROP_SECONDS = "k-drop", 4.0
LOST_SHARE, KNOWN_SECONDS = 0.05, 1.0


def _made(wanted: int, codes: set[str]) -> Callable[[list[Answer]], Sequence[str]]:
    """So many were made, and everybody else was told one of these codes."""

    def expect(answers: list[Answer]) -> Sequence[str]:
        made = sum(answer.status == 201 for answer in answers)
        told = {answer.body["code"] for answer in answers if answer.status != 201}
        good = made == wanted and told <= codes
        return () if good else [f"{made} made, not {wanted}; others were told {told}"]

    return expect


def _rows(count: int) -> Callable[[Shop], Sequence[str]]:
    def finish(shop: Shop) -> Sequence[str]:
        found = len(tables_of(shop).claims)
        return () if found == count else [f"{found} claims are stored, not {count}"]

    return finish


def everybody_wants_one(shop: Shop) -> Scene:
    """total = 1, 256 customers at once."""
    buyers = [shop.buyer(f"b{number}") for number in range(CROWD)]
    return Scene(
        [partial(claim, shop, one, LAST_COUPON, "k") for one in buyers],
        _made(1, {"coupon_exhausted"}),
        finish=_rows(1),
    )


def one_customer_taps(shop: Shop) -> Scene:
    """limit = 1, 256 claims of one customer at once, each with a key of its own."""
    wang = shop.buyer("wang")
    return Scene(
        [partial(claim, shop, wang, COUPON, f"k{number}") for number in range(CROWD)],
        _made(1, {"claim_limit_reached"}),
        finish=_rows(1),
    )


def one_key_repeated(shop: Shop) -> Scene:
    """One claim sent 256 times at once."""
    wang = shop.buyer("wang")
    return Scene(
        [partial(claim, shop, wang, LAST_COUPON, "k")] * CROWD, _made(CROWD, set()), finish=_rows(1)
    )


def nine_claims_of_one(shop: Shop) -> Scene:
    """litemall 581: total 1, 64 parallel calls, nine rows there."""
    buyers = [shop.buyer(f"b{number % 8}") for number in range(64)]
    return Scene(
        [partial(claim, shop, one, LAST_COUPON, f"k{at}") for at, one in enumerate(buyers)],
        _made(1, {"coupon_exhausted", "claim_limit_reached"}),
        finish=_rows(1),
    )


def one_coupon_in_orders(count: int) -> Direct:
    """macrozheng/mall 1003: one coupon in five orders at once, one of them below nothing."""

    def direct(shop: Shop) -> Scene:
        wang = shop.buyer("wang")
        mine = str(claim(shop, wang, COUPON, "once").body["claim_id"])
        tokens = [shop.quote_token(wang, {PLENTY: 1}, (mine,)) for _ in range(count)]
        return Scene(
            [partial(shop.place, wang, token) for token in tokens],
            _made(1, {"coupon_unavailable"}),
        )

    return direct


CROWDS: dict[str, Direct] = {
    "256 customers, total 1": everybody_wants_one,
    "256 keys of one, limit 1": one_customer_taps,
    "1 key 256 times": one_key_repeated,
    "litemall 581": nine_claims_of_one,
    "mall 1003": one_coupon_in_orders(5),
    "1 coupon, 64 checkouts": one_coupon_in_orders(CHECKOUTS),
}


class Drop:
    """A drop over many pools in virtual time: some answers are lost, and everybody repeats."""

    def __init__(self, shop: Shop, seed: int, customers: int, quota: int) -> None:
        self._shop = shop
        self._dice = random.Random(seed)
        self._customers = customers
        self._quota = quota
        self.outcomes: Counter[str] = Counter()
        self._last_given = 0.0
        self._refused: list[tuple[float, float]] = []
        """When a refused claim began, and its write units."""

    def run(self) -> list[str]:
        """Lets everybody claim; the promises that are broken then."""
        shop = self._shop
        initial = totals(shop)
        simulation = Simulation(shop.world, Partitions(), seed=self._dice.randrange(1 << 30))
        for number in range(self._customers):
            at = self._dice.uniform(0.1, DROP_SECONDS)
            simulation.start(at, partial(self._claims, simulation, f"d{number}"))
        shop.world.faults.when(self._loses)
        simulation.run()
        shop.world.faults.none()
        shop.pump()
        lines = [f"raised {failure!r}" for failure in simulation.failures]
        lines += broken(shop, initial) + self._judged()
        shop.world.ledger.steps.clear()
        return lines

    @property
    def refusals(self) -> list[float]:
        """Write units of each refusal, those that raced for the last ones included."""
        return [writes for _, writes in self._refused]

    @property
    def late_refusals(self) -> list[float]:
        """Write units of the refusals that began a second after the last one was given."""
        known = self._last_given + KNOWN_SECONDS
        return [writes for began, writes in self._refused if began > known]

    def _loses(self, _: int, call: Call) -> Kind | None:
        is_write = call.kind == "store" and call.name in {"UpdateItem", "PutItem"}
        return Kind.LOST if is_write and self._dice.random() < LOST_SHARE else None

    def _claims(self, simulation: Simulation, name: str) -> None:
        buyer = self._shop.buyer(name)
        for _ in range(TRIES):
            began = self._shop.world.clock.now
            with self._shop.world.ledger.step("claim") as book:
                answer = claim(self._shop, buyer, DROP_COUPON, "k")
            code = "" if answer.status == 201 else str(answer.body["code"])
            self.outcomes[code or "claimed"] += 1
            if code == "coupon_exhausted":
                self._refused.append((began, book.writes))
            elif not code:
                self._last_given = self._shop.world.clock.now
            if answer.status < 500:
                return
            simulation.wait(self._dice.uniform(0.2, 1.0))

    def _judged(self) -> list[str]:
        tables = tables_of(self._shop)
        given = [one for one in tables.given if one["coupon"] == DROP_COUPON and one["here"]]
        held = [one for one in tables.claims if one["coupon"] == DROP_COUPON]
        lines = []
        if not len(given) == len(held) == min(self._quota, self._customers):
            lines.append(f"{len(given)} given and {len(held)} held of {self._quota}")
        if set(self.outcomes) - {"claimed", "coupon_exhausted", "provider_unavailable"}:
            lines.append(f"answered {dict(self.outcomes)}")
        return lines
