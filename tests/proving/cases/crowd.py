"""A crowd that wants more than there is: holds run out, orders are cancelled, units come back.

Every client is a task of the simulation, so attempts overlap as they do on the service, with its
limits and conflicts. What is free is watched at the store itself, by the second.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.proving.aftermath import rested
from tests.proving.cases.made_tokens import quote_maker, ticket_maker
from tests.proving.holdings import Totals
from tests.proving.invariants import broken, totals
from tests.proving.partitions import Partitions
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Answer, Buyer, Moment, Shop
from tests.proving.simulation import Simulation
from tests.proving.tasks import current
from tests.proving.throttle import Throttle

HOT, FLASH_SKU, SALE = "hot-1", "hot-2", "f-hot"
PIECES, UNITS = 30, 60
PAY_WINDOW_SECONDS, FLASH_PAY_WINDOW_SECONDS = 90, 60
ATTEMPTS_PER_SECOND = 120
ORDINARY_SHARE = 0.19
TRIES, PAUSE_SECONDS = 5, (0.5, 3.0)
SWEEP_SECONDS = 15
GRACE_SECONDS = 2
"""A refusal is false if a piece had been free for longer than this."""
_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"))


@contextmanager
def opened(seed: int) -> Iterator[Shop]:
    """A shop of short payment windows with a few pieces of one SKU, and a sale of two shards."""
    with Shop(
        seed=seed,
        lean=True,
        pay_window_seconds=PAY_WINDOW_SECONDS,
        flash_pay_window_seconds=FLASH_PAY_WINDOW_SECONDS,
    ) as shop:
        shop.put_product("hot", [(9_900, PIECES, None), (19_900, UNITS, None)])
        shop.put_sale(SALE, FLASH_SKU, UNITS, seconds=3_600)
        shop.pump()
        yield shop


@dataclass
class Watch:
    """Since when each piece has been free, as the store itself saw it.

    Pieces of one counter are alike, so the one that has waited longest counts as the one taken.
    """

    shop: Shop
    free: dict[str, dict[int, deque[float]]] = field(default_factory=dict)
    """What is sold, its counters, and since when each of their free pieces has been free."""

    def look(self) -> None:
        """Notes what is free now."""
        engine = self.shop.world.engine
        sku = engine.image(TABLE, {"PK": {"S": "P#hot"}, "SK": {"S": f"K#{HOT}"}}) or {}
        self._note(HOT, 0, int(sku["av"]["N"]))
        for number in range(-(-UNITS // 36)):
            key = {"PK": {"S": f"F#{SALE}#{number}"}, "SK": {"S": "F"}}
            self._note(SALE, number, int((engine.image(TABLE, key) or {})["f"]["N"]))

    def _note(self, name: str, counter: int, pieces: int) -> None:
        since = self.free.setdefault(name, {}).setdefault(counter, deque())
        while len(since) > max(pieces, 0):
            since.popleft()
        since.extend([self.shop.world.clock.now] * (pieces - len(since)))

    def __call__(self, call: Call, forward: Forward) -> Reply:
        """Looks again after each write that may have changed it."""
        reply = forward(call)
        if call.name in _WRITES and (b"K#hot" in call.body or b"F#f-hot" in call.body):
            self.look()
        return reply

    def free_for(self, name: str) -> float:
        """For how many seconds a piece has been free."""
        now = self.shop.world.clock.now
        return max((now - since[0] for since in self.free[name].values() if since), default=0.0)


@dataclass
class Tally:
    """What came of the attempts."""

    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        """How many there were."""
        return sum(count for name, count in self.outcomes.items() if name in ATTEMPT_ENDS)

    @property
    def reached(self) -> int:
        """How many of them came to a write at the store."""
        return self.attempts - self.outcomes["refused by latch"]

    def add(self, other: "Tally") -> None:
        """Takes over another tally."""
        self.outcomes += other.outcomes
        self.broken += other.broken


ATTEMPT_ENDS = (
    "sold",
    "found again",
    "refused by store",
    "refused by latch",
    "busy",
    "other refusals",
)


class Crowd:
    """One run of a few thousand attempts from a fresh shop.

    Args:
        shop: The shop, furnished.
        base: The moment it begins from.
        seed: What replays it.
        per_second: Attempts a second.
        throttle: What stands before the handlers; None for nothing.
    """

    def __init__(
        self,
        shop: Shop,
        base: Moment,
        seed: int,
        *,
        per_second: float = ATTEMPTS_PER_SECOND,
        throttle: Throttle | None = None,
    ) -> None:
        shop.back_to(base)
        self._shop = shop
        self._per_second = per_second
        self._throttle = throttle
        self._initial: Totals = totals(shop)
        self._dice = random.Random(seed)
        self._watch = Watch(shop)
        self._partitions = Partitions()
        self._simulation = Simulation(shop.world, self._partitions, seed=seed)
        self._ticket = ticket_maker(shop, SALE)
        self._quote = quote_maker(shop, HOT)
        self.tally = Tally()

    def run(self, attempts: int) -> Tally:
        """Lets about so many attempts happen, brings the shop to rest and checks everything."""
        seconds = attempts / self._per_second
        self._watch.look()
        ordinary = int(attempts * ORDINARY_SHARE / 2)
        flash = int(attempts * (1 - ORDINARY_SHARE) / TRIES)
        for number in range(ordinary + flash):
            at = self._dice.uniform(0.5, seconds)
            client = self._buys if number < ordinary else self._flash_buys
            self._simulation.start(at, partial(client, f"b{number}"))
        end = seconds + PAY_WINDOW_SECONDS + 2 * SWEEP_SECONDS
        for number in range(1, int(end / SWEEP_SECONDS)):
            self._simulation.start(number * SWEEP_SECONDS, self._shop.sweep, "schedule")
        with ExitStack() as stack:
            stack.enter_context(self._shop.world.seam.layer(self._watch, outermost=False))
            if self._throttle:
                stack.enter_context(self._throttle.installed(self._shop, self._simulation))
            self._simulation.run()
        self._conclude()
        return self.tally

    def _conclude(self) -> None:
        tally, shop = self.tally, self._shop
        tally.broken += [f"raised {failure!r}" for failure in self._simulation.failures]
        tally.broken += broken(shop, self._initial) + rested(shop, self._initial)
        tally.outcomes["conflicts"] += self._partitions.conflicts
        tally.outcomes["throttled"] += self._partitions.throttled
        shop.world.ledger.steps.clear()

    def _buys(self, name: str) -> None:
        buyer = self._shop.buyer(name)
        token = self._quote(buyer, self._dice.randbytes(16))
        self._tries(buyer, HOT, 2, lambda: self._shop.place(buyer, token))

    def _flash_buys(self, name: str) -> None:
        buyer = self._shop.buyer(name)
        ticket = self._ticket(buyer, self._dice.randrange(65_536))
        self._tries(buyer, SALE, TRIES, lambda: self._shop.place_flash(buyer, SALE, ticket))

    def _tries(self, buyer: Buyer, what: str, tries: int, place: Callable[[], Answer]) -> None:
        for _ in range(tries):
            with self._shop.world.ledger.step("attempt") as book:
                answer = place()
            wrote = any(entry.name in _WRITES for entry in book.entries)
            self._count(what, answer, wrote=wrote)
            if answer.status in {200, 201}:
                self._lives_on(buyer, answer)
                return
            self._wait(self._dice.uniform(*PAUSE_SECONDS))

    def _count(self, what: str, answer: Answer, *, wrote: bool) -> None:
        outcomes = self.tally.outcomes
        if answer.status in {200, 201}:
            outcomes["sold" if answer.status == 201 else "found again"] += 1
        elif answer.status == 503 or (answer.status == 429 and self._throttle):
            outcomes["busy"] += 1
        elif answer.status != 409:
            self.tally.broken.append(f"answered {answer}")
        elif answer.body["code"] in {"sold_out", "insufficient_stock"}:
            outcomes["refused by store" if wrote else "refused by latch"] += 1
            free_for = self._watch.free_for(what)
            if free_for > GRACE_SECONDS:
                outcomes["false"] += 1
                self.tally.broken.append(f"{what} refused though free for {free_for:.2f} s")
        else:
            outcomes["other refusals"] += 1

    def _lives_on(self, buyer: Buyer, placed: Answer) -> None:
        """What the buyer does with the order: pay, cancel, or forget it."""
        fate = self._dice.random()
        self._wait(self._dice.uniform(1, 20))
        if fate < 0.3 and placed.payment:
            if self._shop.pay_now(buyer, placed.payment) == 200:
                self.tally.outcomes["paid"] += 1
            if fate < 0.25:
                self._shop.deliver_due()
        elif fate < 0.65:
            self._shop.cancel(buyer, placed.order_no)
            self.tally.outcomes["cancelled"] += 1
        else:
            self.tally.outcomes["forgotten"] += 1

    def _wait(self, seconds: float) -> None:
        assert current() is not None
        self._simulation.wait(seconds)
