"""The matrix of WeChat Pay: which faults strike which calls, and the status that is documented."""

import json
from collections.abc import Callable, Iterator, Sequence

from scripts.emulators.wechatpay.notices import SIGNATURE_FAULTS, WRONG_CONTENT
from tests.proving.aftermath import rest
from tests.proving.cases.provider_faults import UNREACHABLE, Bench, Cell, Outcome, Wire
from tests.proving.cases.stage import flash_ordered, furnish, notice, ordered, paid
from tests.proving.cases.steps import STEPS, DirectStep, Step
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.shop import PAY_HOST, Shop

BACKUP_HOST = "api2.mch.weixin.qq.com"
Play = Callable[[], list[str]]

WHERE = (
    "checkout",
    "flash order",
    "payment, notice lost",
    "payment, prepay lost",
    "cancel",
    "cancel, paid untold",
    "cancel flash",
    "expiry",
    "expiry, paid untold",
    "flash expiry",
    "refund chase",
    "refund never sent",
    "stream, refund",
)
NO_ANSWER = ("timeout_before", "timeout_after", "reset_after", "garbage_after", "signtest")
BROKEN = ("http_500_before", "http_500_after", "http_404_after", "http_429_before")
OTHER_HOST = ("http_502_after", "http_503_before", UNREACHABLE)
"""The backup host answers."""
BUSY = ("code:SYSTEM_ERROR:500", "code:FREQUENCY_LIMITED:429", "code:RULE_LIMIT:403")
OUR_FAULT = ("code:PARAM_ERROR:400", "code:SIGN_ERROR:401", "code:NO_AUTH:403")
COMMON = (*NO_ANSWER, *BROKEN, *OTHER_HOST, *BUSY, *OUR_FAULT, "slow")
OWN = {
    "jsapi": ("before_prepay_answer", "code:ORDERPAID:400", "code:ORDER_CLOSED:400",
              "code:OUT_TRADE_NO_USED:403"),
    # Other words for "closed" would be lies here: the emulator's order could still be paid.
    "close": ("paid_during_close", "code:ORDERPAID:400"),
    "query": ("code:ORDER_NOT_EXIST:404",),
    "refund": ("abnormal", "refund_closed", "code:NOT_ENOUGH:403",
               "code:USER_ACCOUNT_ABNORMAL:403"),
    "refund_query": ("code:RESOURCE_NOT_EXISTS:404",),
}  # fmt: skip
FOR_A_PERSON = frozenset({"abnormal", "refund_closed"})
"""The money did not go back: an anomaly, and the refund waits for staff."""
PASSING = frozenset((*NO_ANSWER, *BROKEN, *OTHER_HOST, "slow")) | {*BUSY} - {"code:RULE_LIMIT:403"}
"""An unknown outcome is no refusal: the shop asks again, and nobody need look."""
PAID_MEANWHILE = frozenset({"before_prepay_answer", "paid_during_close"})
_DONE = {200, 201, 204}
_UNAVAILABLE = {503}
_OURS = {500}
_REFUSED = {409}


def kinds(route: str) -> tuple[str, ...]:
    """The faults that can strike a call of this route."""
    return *COMMON, *OWN.get(route, ())


def documented(cell: Cell) -> set[int]:
    """The statuses that a request may be answered with while this strikes."""
    if cell.step.startswith("cancel"):
        # The wish to cancel is durable before anybody is asked; the rest is the schedule's.
        return _DONE
    if cell.kind in ("slow", UNREACHABLE) or cell.kind in PAID_MEANWHILE:
        return _DONE
    if cell.kind in OTHER_HOST:
        return _UNAVAILABLE if cell.lasting else _DONE
    if cell.kind in OUR_FAULT:
        return _OURS
    if cell.kind in ("code:ORDERPAID:400", "code:ORDER_CLOSED:400"):
        return _REFUSED if cell.step.startswith("payment") else _DONE
    if cell.kind == "code:OUT_TRADE_NO_USED:403":
        return _REFUSED
    if cell.kind in ("code:ORDER_NOT_EXIST:404", "signtest") and cell.route == "query":
        return _DONE | _UNAVAILABLE
    return _UNAVAILABLE


def wechatpay(seed: int) -> Iterator[tuple[Cell, Play]]:
    """Every call of every step that asks WeChat Pay, with every fault, once and lasting."""
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        wire = Wire(shop.pay, shop.world.clock)
        shop.world.http.emulators.update({PAY_HOST: wire, BACKUP_HOST: wire})
        bench = Bench(
            shop,
            shop.moment(),
            shop.pay,
            PAY_HOST,
            excused=lambda cell: cell.kind in FOR_A_PERSON,
            ends=_ends,
        )
        for name in WHERE:
            for route in bench.routes(STEPS[name]):
                for kind in kinds(route):
                    for lasting in (False, True):
                        cell = Cell(name, route, kind, lasting)
                        yield cell, _player(bench, cell, STEPS[name])


def _player(bench: Bench, cell: Cell, direct: DirectStep) -> Play:
    return lambda: _judged(cell, bench.try_cell(cell, direct))


def _judged(cell: Cell, outcome: Outcome) -> list[str]:
    wrong = list(outcome.wrong)
    if not outcome.struck:
        wrong.append("the fault was never met")
    for said in outcome.said:
        if said.seconds >= said.allowed:
            wrong.append(f"{said.function} took {said.seconds:.0f} of {said.allowed:.0f} s")
        is_notice = said.function == "pay_notify"
        if said.status and not is_notice and said.status not in documented(cell):
            wrong.append(f"{said.function} answered {said.status} {said.code}")
        if said.status == 503 and said.code != "provider_unavailable":
            wrong.append(f"{said.function} answered 503 as {said.code}")
    return wrong


def _ends(shop: Shop, cell: Cell, step: Step) -> Sequence[str]:
    if cell.kind in FOR_A_PERSON:
        anomalies = [one["kind"] for one in tables_of(shop).anomalies]
        told = any(kind.startswith("refund_failed") for kind in anomalies)
        return () if told else [f"nobody was told: {anomalies}"]
    anomalies = [str(one["kind"]) for one in tables_of(shop).anomalies]
    if anomalies and cell.kind in PASSING:
        return [f"a person is told of what passes: {anomalies}"]
    if cell.kind in PAID_MEANWHILE:
        states = {order.status for order in tables_of(shop).orders if order.blob}
        # Who cancels once more has cancelled a paid order, and gets the money back.
        ends = {"CLOSED"} if cell.step.startswith("cancel") else {"TO_SHIP"}
        return () if states == ends else [f"orders {states}, though paid"]
    return step.finish(shop)


NOTICE_FAULTS = ("drop", "duplicate", "second_key", "slow", *SIGNATURE_FAULTS, *WRONG_CONTENT)
_REFUSED_NOTICE = frozenset(SIGNATURE_FAULTS)
_SECONDS_TO_THE_NEXT = 16


def notices(seed: int) -> Iterator[tuple[Cell, Play]]:
    """Every fault of a notice, of a payment and of a flash payment, once and three times."""
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        base = shop.moment()
        for name in ("notice", "notice, flash"):
            for kind in NOTICE_FAULTS:
                for lasting in (False, True):
                    cell = Cell(name, "notice", kind, lasting)
                    yield cell, lambda cell=cell: _told(shop, base, cell)  # type: ignore[misc]


def _told(shop: Shop, base: object, cell: Cell) -> list[str]:
    shop.back_to(base)  # type: ignore[arg-type]
    initial = totals(shop)
    wang = shop.buyer("wang")
    placed = flash_ordered(shop, wang) if "flash" in cell.step else ordered(shop, wang)
    number = paid(shop, wang, placed)
    asked = {"route": "notice", "kind": cell.kind, "times": 3 if cell.lasting else 1}
    shop.pay.handle("POST", "/_control/faults", {}, json.dumps(asked).encode())
    shop.delivered.clear()
    shop.deliver_due()
    wrong = [f"at once, {line}" for line in broken(shop, initial)]
    expected = {401} if cell.kind in _REFUSED_NOTICE else {204}
    statuses = {status for _, status in shop.delivered}
    if cell.kind != "drop" and statuses != expected:
        wrong.append(f"answered {statuses}, not {expected}")
    for _ in range(4):
        shop.world.clock.advance(_SECONDS_TO_THE_NEXT)
        shop.deliver_due()
    shop.pay.handle("DELETE", "/_control/faults", {}, b"")
    notice(shop, number)
    rest(shop)
    wrong += [f"at rest, {line}" for line in broken(shop, initial, at_rest=True)]
    states = {order.status for order in tables_of(shop).orders if order.number == number}
    return wrong if states == {"TO_SHIP"} else [*wrong, f"ended {states}"]
