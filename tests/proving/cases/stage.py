"""The stage for meetings: a shop with goods, and how a scene becomes an `Encounter`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unittest import mock

from tests.proving.aftermath import mark, rested
from tests.proving.faults import Killed, Kind
from tests.proving.footprints import footprint
from tests.proving.interleave import Encounter, Outcomes
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.seam import Call
from tests.proving.shop import Answer, Buyer, Moment, Shop
from tests.proving.tasks import current, pause

PLENTY, LAST, LIMITED, ENDING = "p1-1", "p1-2", "p1-3", "p1-4"
"""SKUs: plenty of pieces; one piece; two a customer; what small sales are made of."""
COUPON, LAST_COUPON, SPREAD_COUPON = "k-many", "k-last", "k-spread"
"""Coupons: plenty; one; two in two pools, one a customer."""
SALE, SMALL_SALE, SPREAD_SALE = "f-big", "f-small", "f-spread"
"""Sales: 30 units, one a customer; one unit; two units in two shards, one a customer."""
SALE_SECONDS = 3_600
Expect = Callable[[list[Answer]], Sequence[str]]


def _nothing(_: list[Answer]) -> Sequence[str]:
    return ()


@dataclass
class Scene:
    """Requests that meet, and what must come of them beyond the invariants.

    Attributes:
        requests: Run from the same moment, in every order.
        expect: Judges the answers, in the requests' order.
        finish: Judges the shop at rest.
        flash: Whether flash shards matter to it.
        stalls: Whether the clock moves on meanwhile, so that a function may run out of its time
            and answer 503.
    """

    requests: Sequence[Callable[[], object]]
    expect: Expect = _nothing
    finish: Callable[[Shop], Sequence[str]] = field(default=lambda _: ())
    flash: bool = False
    stalls: bool = False


Direct = Callable[[Shop], Scene]


def furnish(shop: Shop) -> None:
    """Goods, coupons and sales that every scene begins with."""
    shop.put_product(
        "p1", [(12_800, 200, None), (5_000, 1, None), (3_000, 50, 2), (2_000, 80, None)]
    )
    shop.put_coupon(COUPON)
    shop.put_coupon(LAST_COUPON, quota=1)
    shop.put_coupon(SPREAD_COUPON, quota=2, pools=2)
    shop.put_sale(SALE, PLENTY, 30, seconds=SALE_SECONDS)
    shop.put_sale(SMALL_SALE, ENDING, 1, seconds=SALE_SECONDS)
    with mock.patch("shop.usecases.flash_setup.shard_count", return_value=2):
        shop.put_sale(SPREAD_SALE, ENDING, 2, seconds=SALE_SECONDS)


def encounter(shop: Shop, base: Moment, name: str, direct: Direct) -> Encounter:
    """A scene as an encounter: from its own moment, checked at once and again at rest."""
    shop.back_to(base)
    initial = totals(shop)
    scene = direct(shop)
    shop.pump()
    moment = shop.moment()
    # One run warms the process, so that every schedule has the same calls.
    for request in scene.requests:
        request()
    rested_before: dict[str, list[str]] = {}

    def prepare() -> None:
        shop.back_to(moment, fresh=False)

    def check(outcomes: Outcomes) -> list[str]:
        lines = list(_failures(outcomes, 504 if scene.stalls else 500))
        if not lines:
            lines += scene.expect([one for one in outcomes if isinstance(one, Answer)])
        lines += broken(shop, initial) + _handed_out(shop, outcomes)
        state = mark(shop)
        if state not in rested_before:
            rested_before[state] = [*rested(shop, initial), *scene.finish(shop)]
        return lines + rested_before[state]

    free = _unrelated(shop, moment, flash=scene.flash)
    return Encounter(name, prepare, scene.requests, check, free, footprint)


def _handed_out(shop: Shop, outcomes: Outcomes) -> list[str]:
    """Payment parameters that were answered are worth nothing once the order is closed."""
    there = {one["out_trade_no"]: one["trade_state"] for one in shop.pay.ledger()["orders"]}
    handed = {
        one.order_no
        for one in outcomes
        if isinstance(one, Answer) and one.body and one.body.get("payment")
    }
    return [
        f"{number} is closed here, but can still be paid with what was answered"
        for number in handed
        if there.get(number) == "NOTPAY" and status_of(shop, number) == "CLOSED"
    ]


def _failures(outcomes: Outcomes, worst: int) -> list[str]:
    lines = []
    for number, one in enumerate(outcomes, start=1):
        if isinstance(one, BaseException):
            lines.append(f"request {number} raised {type(one).__name__}: {one}")
        elif isinstance(one, Answer) and one.status >= worst:
            lines.append(f"request {number} answered {one.status} {one.body}")
    return lines


def _unrelated(shop: Shop, moment: Moment, *, flash: bool) -> Callable[[Call], bool]:
    """Reads of what nobody in the scene writes, so that who goes first makes no difference.

    That is looking for due work where none of the scene's orders can be found, secrets, the terms
    of sales and, unless the scene is about a sale, its shards.
    """
    shop.back_to(moment, fresh=False)
    tables = tables_of(shop)
    shards = {order.row["dk"][2:] for order in tables.orders if order.row.get("dk")}
    shards |= {row["dk"][2:] for row in tables.refunds if row.get("dk")}

    def free(call: Call) -> bool:
        request = call.request
        if call.kind == "secret":
            return True
        if call.name == "Query" and request.get("IndexName") == "due":
            values = [value.get("S", "") for value in request["ExpressionAttributeValues"].values()]
            return not any(value[2:] in shards for value in values if value)
        if call.name == "GetItem":
            return _constant(request["Key"]["PK"]["S"], flash=flash)
        if call.name == "BatchGetItem":
            wanted = [keys for part in request["RequestItems"].values() for keys in part["Keys"]]
            return all(_constant(key["PK"]["S"], flash=flash) for key in wanted)
        return False

    return free


def _constant(partition: str, *, flash: bool) -> bool:
    is_shard = partition.startswith("F#") and partition.count("#") > 1
    return partition == "G#sales" or (partition.startswith("F#") and not (flash and is_shard))


# -------------------------------------------------------------------- pieces of scenes


def ordered(shop: Shop, buyer: Buyer, sku: str = PLENTY, quantity: int = 1) -> Answer:
    """An ordinary order that waits for its money."""
    answer = shop.place(buyer, shop.quote_token(buyer, {sku: quantity}))
    assert answer.status == 201, answer
    return answer


def flash_ordered(shop: Shop, buyer: Buyer, sale: str = SALE) -> Answer:
    """A flash order that waits for its money."""
    answer = shop.place_flash(buyer, sale, shop.ticket(buyer, sale))
    assert answer.status == 201, answer
    return answer


def paid(shop: Shop, buyer: Buyer, placed: Answer, *, told: bool = False) -> str:
    """The order is paid at WeChat; the notice has arrived, or waits. Returns its number."""
    assert placed.payment
    assert shop.pay_now(buyer, placed.payment) == 200
    if told:
        shop.deliver_due()
    return placed.order_no


def notice(shop: Shop, order_no: str) -> Answer:
    """WeChat sends what it knows of an order (again)."""
    asked = json.dumps({"subject": order_no}).encode()
    reply = shop.pay.handle("POST", "/_control/notices/send", {}, asked)
    answers = [one for attempt in json.loads(reply.body)["attempts"] for one in attempt["answers"]]
    return Answer(answers[0]["status"], None)


def paying(shop: Shop, buyer: Buyer, placed: Answer) -> Callable[[], Answer]:
    """The buyer confirms in WeChat's sheet at some moment, and WeChat tells of it."""

    def pay() -> Answer:
        turn()
        assert placed.payment
        if shop.pay_now(buyer, placed.payment) != 200:
            return Answer(409, None)
        return notice(shop, placed.order_no)

    return pay


def turn() -> None:
    """A point at which others may go first, for what happens outside our functions."""
    if current() is not None:
        pause()


def swept(shop: Shop, after: float = 0) -> Callable[[], object]:
    """The schedule fires, `after` seconds later than the others began."""

    def sweep() -> object:
        if after:
            shop.world.clock.advance(after)
        return shop.sweep()

    return sweep


def cut_short(shop: Shop, work: Callable[[], object], before: str) -> None:
    """Does a piece of work whose process dies before its first call of this kind or operation."""

    def choose(_: int, call: Call) -> Kind | None:
        return Kind.KILLED_BEFORE if before in {call.kind, call.name} else None

    shop.world.faults.when(choose)
    try:
        work()
    except Killed:
        pass
    else:
        raise AssertionError("it was not cut short")
    finally:
        shop.world.faults.none()


def status_of(shop: Shop, order_no: str) -> str:
    """The order's state as stored."""
    return next(order.status for order in tables_of(shop).orders if order.number == order_no)


def statuses(expected: Sequence[int]) -> Expect:
    """The answers' statuses, whoever got which."""

    def expect(answers: list[Answer]) -> Sequence[str]:
        found = sorted(answer.status for answer in answers)
        codes = [answer.body.get("code") for answer in answers if answer.body]
        return () if found == sorted(expected) else [f"answers {found} {codes}"]

    return expect


def ends(order_no: str, *states: str) -> Callable[[Shop], Sequence[str]]:
    """At rest the order is in one of these states."""

    def finish(shop: Shop) -> Sequence[str]:
        found = status_of(shop, order_no)
        return () if found in states else [f"at rest, {order_no} is {found}, not {states}"]

    return finish
