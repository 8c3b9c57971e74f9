"""Journey 3: two hundred buyers for fifty units."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

from scripts.demo.client import MiniProgram
from scripts.demo.report import Section
from scripts.demo.wire import Answer, UnexpectedAnswerError
from scripts.demo.world import HOME, World

KEY, TITLE = "j3", "3 · Flash sale: 200 buyers for 50 units"
UNITS, BUYERS, AT_ONCE, SIGNING_IN = 50, 200, 16, 4
# New instances start a few at a time, so that none is slower than a call may be.
WARMED_AT_ONCE = 4
SKU, PRICE_FEN = "p0010-1", 990
RUNNING_WITHIN_SECONDS = 60.0

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Buyer:
    """A signed-in shopper with an address, ready to press the button."""

    shopper: MiniProgram
    address_id: str


@dataclass(frozen=True)
class Ticket:
    """What a buyer may order with."""

    buyer: Buyer
    text: str
    valid_from: float


class Crowd:
    """Starts the first buyers on one signal and counts how many are at it at the same time."""

    def __init__(self, first: int) -> None:
        self._signal = threading.Barrier(first)
        self._started = 0
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def through(self, press: Callable[[str, Ticket], Answer], sale: str, ticket: Ticket) -> Answer:
        """Lets one buyer press the button."""
        with self._lock:
            self._started += 1
            early = self._started <= self._signal.parties
            self._inside += 1
            self.most = max(self.most, self._inside)
        if early:
            self._signal.wait()
        try:
            return press(sale, ticket)
        finally:
            with self._lock:
                self._inside -= 1


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    sale_id = _open_sale(world)
    world.say(KEY, f"{BUYERS} buyers sign in and leave their addresses, {SIGNING_IN} at a time")
    buyers = _at_once(SIGNING_IN, lambda n: _arrive(world, n), range(BUYERS))
    warmed = time.monotonic()
    world.say(KEY, f"the function is warmed with up to {AT_ONCE} requests at a time")
    for crowd_size in range(WARMED_AT_ONCE, AT_ONCE + 1, WARMED_AT_ONCE):
        _at_once(crowd_size, lambda buyer: _ticket(sale_id, buyer), buyers[:crowd_size])
    section.note("seconds to warm the function", round(time.monotonic() - warmed, 1))

    tickets = _at_once(AT_ONCE, lambda buyer: _ticket(sale_id, buyer), buyers)
    section.exactly("buyers with a ticket", BUYERS, len(tickets))
    time.sleep(max(0.0, max(ticket.valid_from for ticket in tickets) - time.time()))
    world.say(KEY, f"{BUYERS} buyers press the button, {AT_ONCE} at a time")
    crowd = Crowd(AT_ONCE)
    started = time.monotonic()
    answers = _at_once(AT_ONCE, lambda ticket: crowd.through(_press, sale_id, ticket), tickets)
    seconds = time.monotonic() - started
    section.at_least("buyers at the door at the same time", AT_ONCE, crowd.most)
    _count(world, section, answers)
    _latencies(section, answers, seconds)
    _look_again(world, section, sale_id, tickets, answers)


def _open_sale(world: World) -> str:
    now = int(time.time())
    sale_id = world.staff.create_flash_sale(
        f"演示秒杀 {world.run_id}", SKU, PRICE_FEN, UNITS, starts_at=now, ends_at=now + 3600
    )
    visitor = world.shopper("visitor")
    world.until(
        "the flash sale to run",
        lambda: _sale_status(visitor, sale_id),
        lambda status: status == "running",
        RUNNING_WITHIN_SECONDS,
    )
    return sale_id


def _arrive(world: World, number: int) -> Buyer:
    shopper = world.signed_in(f"buyer{number:03d}")
    return Buyer(shopper, shopper.add_address(HOME))


def _ticket(sale_id: str, buyer: Buyer) -> Ticket:
    body = {"quantity": 1, "address_id": buyer.address_id}
    given = buyer.shopper.expect(
        (200, 201), "POST", f"/v1/flash-sales/{sale_id}/tickets", body=body
    )
    valid_from = datetime.fromisoformat(given["valid_from"]).timestamp()
    return Ticket(buyer, given["ticket"], valid_from)


def _press(sale_id: str, ticket: Ticket) -> Answer:
    path = f"/v1/flash-sales/{sale_id}/orders"
    return ticket.buyer.shopper.call("POST", path, body={"ticket": ticket.text})


def _count(world: World, section: Section, answers: Sequence[Answer]) -> None:
    outcomes = Counter(f"{answer.status} {answer.code}".strip() for answer in answers)
    orders = [answer.json["order"] for answer in answers if answer.ok]
    section.exactly("orders made", UNITS, len(orders))
    section.exactly("different orders", UNITS, len({order["order_no"] for order in orders}))
    section.exactly("clean refusals (409 sold_out)", BUYERS - UNITS, outcomes["409 sold_out"])
    errors = [name for name in outcomes if name.startswith("5")]
    section.exactly("server errors", [], errors)
    section.exactly("price of each order's line, fen", [PRICE_FEN], sorted(
        {line["unit_price_fen"] for order in orders for line in order["lines"]}))  # fmt: skip
    holding = [a.json["payment"] for a in answers if a.ok and "payment" in a.json]
    signed = sum(world.check.holds_for(payment) for payment in holding)
    section.exactly("orders with a paySign that holds", UNITS, signed)
    section.note("answers", [f"{name}: {count}" for name, count in sorted(outcomes.items())])


def _latencies(section: Section, answers: Sequence[Answer], seconds: float) -> None:
    for name, chosen in (
        ("orders made", [each.seconds for each in answers if each.ok]),
        ("refusals", [each.seconds for each in answers if not each.ok]),
    ):
        if len(chosen) > 1:
            cuts = statistics.quantiles(chosen, n=100, method="inclusive")
            text = f"p50 {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms"
            section.note(f"latency of {name}", f"{text}, max {max(chosen) * 1e3:.0f} ms")
    section.note("requests a second", round(len(answers) / seconds, 1))


def _look_again(
    world: World, section: Section, sale_id: str, tickets: Sequence[Ticket],
    answers: Sequence[Answer],
) -> None:  # fmt: skip
    winners = [n for n, answer in enumerate(answers) if answer.ok]
    losers = [n for n, answer in enumerate(answers) if not answer.ok]
    section.exactly("units left", 0, world.staff.flash_units_left(sale_id))
    section.exactly("the sale's status", "sold_out", _sale_status(world.shopper("late"), sale_id))
    sample = losers[:: max(1, len(losers) // 10)][:10]
    orders = [len(tickets[n].buyer.shopper.pages("/v1/orders")) for n in sample]
    section.exactly("orders of ten buyers who were refused", 0, sum(orders))
    if not winners:
        return
    first = winners[0]
    again = _press(sale_id, tickets[first])
    section.exactly("a winner presses again: the same order",
                    [200, answers[first].json["order"]["order_no"]],
                    [again.status, (again.json.get("order") or {}).get("order_no")])  # fmt: skip
    shopper = tickets[first].buyer.shopper
    world.pay(shopper, again.json["payment"])
    order_no = again.json["order"]["order_no"]
    paid = world.until_status(shopper, order_no, "TO_SHIP")
    section.exactly("a winner pays", "TO_SHIP", paid["status"])


def _sale_status(visitor: MiniProgram, sale_id: str) -> str:
    answer = visitor.call("GET", f"/v1/flash-sales/{sale_id}")
    if answer.status == HTTPStatus.NOT_FOUND:
        return "unknown"
    if not answer.ok:
        raise UnexpectedAnswerError(answer)
    return str(answer.json["status"])


def _at_once(threads: int, do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, items))
