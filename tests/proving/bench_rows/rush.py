"""A rush at one flash sale: buyers of many processes, the partitions' limits, virtual time."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.proving.cases.made_tokens import ticket_maker
from tests.proving.partitions import Partitions, Place
from tests.proving.seam import Call, Forward, Reply
from tests.proving.shop import TABLE, Answer, Shop, load_handler_module
from tests.proving.simulation import Simulation
from tests.proving.tasks import Task, current
from tests.proving.units import Arm

SALE = "f-rush"
UNITS_PER_SHARD = 36
ROUNDS = 40
"""How often a buyer who is told to come again does so."""
PAUSE_SECONDS = (0.05, 0.6)


@dataclass
class SalePartitions(Partitions):
    """The sale's shards share `count` partitions; each customer's rows lie on one of their own.

    As `performance.md` 1.7 models the hot keys alone: customers are many, and spread.
    """

    def place(self, arm: Arm) -> Place:
        """The partition that an arm of a call falls on."""
        hot = arm.partition.startswith("F#")
        return super().place(arm) if hot else (arm.target, arm.partition)


class Processes:
    """Keeps apart what each process has seen of the shards; its buyers say which is theirs."""

    def __init__(self, count: int) -> None:
        from shop.usecases.flash_stock import ShardsSeen

        self._seen = [ShardsSeen() for _ in range(count)]
        self._of: dict[Task | None, int] = {}
        self.count = count
        load_handler_module("flash_sale").shards_seen = self

    def enter(self, number: int) -> None:
        """The running buyer is served by this process from now on."""
        self._of[current()] = number % self.count

    def __getattr__(self, name: str) -> Callable[..., object]:
        found: Callable[..., object] = getattr(self._seen[self._of[current()]], name)
        return found


@dataclass
class Written:
    """Write units that the sale's shards took, refused ones too."""

    shop: Shop
    shards: int
    units: float = 0.0
    until_sold: float = 0.0

    def __call__(self, call: Call, forward: Forward) -> Reply:
        """Books one call."""
        reply = forward(call)
        if call.name == "UpdateItem" and call.body.find(b"F#" + SALE.encode()) >= 0:
            self.units += call.units.writes if call.units else 0.0
            if not self.until_sold and not self.free():
                self.until_sold = self.units
        return reply

    def free(self) -> int:
        """Units that no reservation holds."""
        engine = self.shop.world.engine
        keys = ({"PK": {"S": f"F#{SALE}#{n}"}, "SK": {"S": "F"}} for n in range(self.shards))
        return sum(int((engine.image(TABLE, key) or {})["f"]["N"]) for key in keys)


@dataclass
class Rush:
    """One run of buyers over one sale.

    ``told`` counts the answers that ended a buyer's tries.
    """

    shop: Shop
    simulation: Simulation
    processes: Processes
    seed: int
    told: dict[str, int] = field(default_factory=dict)
    sold_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._ticket = ticket_maker(self.shop, SALE)

    def arrives(self, at: float, name: str) -> None:
        """A buyer of this name comes at a time."""
        process = self._dice.randrange(self.processes.count)
        salt = self._dice.randrange(65_536)
        self.simulation.start(at, lambda: self._buys(name, process, salt), name)

    def _buys(self, name: str, process: int, salt: int) -> None:
        buyer = self.shop.buyer(name)
        ticket = self._ticket(buyer, salt)
        for _ in range(ROUNDS):
            self.processes.enter(process)
            answer = self.shop.place_flash(buyer, SALE, ticket)
            if answer.status != 503:
                return self._ends(answer)
            self.simulation.wait(self._dice.uniform(*PAUSE_SECONDS))
        return self._ends(None)

    def _ends(self, answer: Answer | None) -> None:
        key = "gave up" if answer is None else str(answer.body.get("code") or answer.status)
        self.told[key] = self.told.get(key, 0) + 1
        if answer is not None and answer.status == 201:
            clock = self.shop.world.clock
            self.sold_at.append(clock.now - clock.start)
