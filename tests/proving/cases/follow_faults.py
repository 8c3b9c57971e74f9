"""The matrices of WeChat and Kuaidi100: faults of what follows a payment.

None of them may reach an order or its buyer: every answer is as if nothing had happened, and once
the provider is back it knows everything, each thing once.
"""

import json
from collections.abc import Callable, Iterator, Sequence

from tests.proving.cases.fulfilment import FULFILMENT_STEPS, NUMBER, TEMPLATES, shipped_unseen
from tests.proving.cases.provider_faults import UNREACHABLE, Bench, Cell, Outcome, Wire
from tests.proving.cases.stage import furnish
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.invariants import tables_of
from tests.proving.shop import COURIER_HOST, TABLE, WECHAT_HOST, Shop

Play = Callable[[], list[str]]
NO_ANSWER = (
    "timeout_before", "timeout_after", "reset_before", "reset_after", "garbage_after",
    "http_500_before", "http_500_after", "http_502_after", "http_503_before", "http_429_before",
    UNREACHABLE, "slow",
)  # fmt: skip
REFUSALS = ("errcode:-1", "errcode:40001", "errcode:42001", "errcode:45009", "errcode:40164")
TOKEN_REFUSED = frozenset({"errcode:40001", "errcode:42001"})
OF_UPLOADS = (
    "errcode:10060001", "errcode:10060002", "errcode:10060023", "errcode:268440065",
    "errcode:44990", "errcode:10060031", "errcode:10060003", "errcode:10060004",
)  # fmt: skip
OF_MESSAGES = ("errcode:43101", "errcode:40003", "errcode:40037", "errcode:41030", "errcode:47003")
OWN = {
    "upload_shipping": OF_UPLOADS,
    "get_order": ("errcode:10060001",),
    "subscribe_send": OF_MESSAGES,
}
FOR_A_PERSON = frozenset({"errcode:10060003", "errcode:10060004"})
"""WeChat takes no further report: the order's money waits for staff."""
OF_SUBSCRIPTIONS = tuple(f"return:{code}" for code in (500, 501, 600, 601, 700, 701, 702))
OF_QUERIES = tuple(f"return:{code}" for code in (400, 408, 500, 501, 502, 503, 601))


OF_COURIERS: dict[str, DirectStep] = {
    "ship and tell WeChat": FULFILMENT_STEPS["ship and tell WeChat"],
    "look at a quiet parcel": shipped_unseen,
}
"""The steps that ask a courier."""


def kinds_at_wechat(route: str) -> tuple[str, ...]:
    """The faults that can strike a call of this route of WeChat."""
    return *NO_ANSWER, *REFUSALS, *OWN.get(route, ())


def kinds_at_courier(route: str) -> tuple[str, ...]:
    """The faults that can strike a call of this route of Kuaidi100."""
    return *NO_ANSWER, *(OF_SUBSCRIPTIONS if route == "subscribe" else OF_QUERIES)


def wechat(seed: int) -> Iterator[tuple[Cell, Play]]:
    """Every call of every step that asks WeChat, with every fault, once and lasting."""
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        wire = Wire(shop.wechat, shop.world.clock)
        shop.world.http.emulators[WECHAT_HOST] = wire
        bench = Bench(
            shop, shop.moment(), shop.wechat, WECHAT_HOST, excused=lambda _: False, ends=_ends,
            at_once=_at_once,
        )  # fmt: skip
        for name, direct in FULFILMENT_STEPS.items():
            for route in bench.routes(direct):
                yield from _cells(bench, name, direct, route, kinds_at_wechat(route))


def kuaidi100(seed: int) -> Iterator[tuple[Cell, Play]]:
    """Every fault of a subscription and of a live look-up, once and lasting."""
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        shop.world.http.emulators[COURIER_HOST] = Wire(shop.courier, shop.world.clock)
        bench = Bench(
            shop, shop.moment(), shop.courier, COURIER_HOST, excused=lambda _: False,
            ends=_courier_ends,
        )  # fmt: skip
        for name, direct in OF_COURIERS.items():
            for route in bench.routes(direct):
                yield from _cells(bench, name, direct, route, kinds_at_courier(route))


def _cells(
    bench: Bench, name: str, direct: DirectStep, route: str, kinds: Sequence[str]
) -> Iterator[tuple[Cell, Play]]:
    for kind in kinds:
        for lasting in (False, True):
            cell = Cell(name, route, kind, lasting)
            yield cell, _player(bench, cell, direct)


def _player(bench: Bench, cell: Cell, direct: DirectStep) -> Play:
    return lambda: _judged(bench.try_cell(cell, direct))


def _judged(outcome: Outcome) -> list[str]:
    wrong = list(outcome.wrong)
    if not outcome.struck:
        wrong.append("the fault was never met")
    for said in outcome.said:
        if said.seconds >= said.allowed:
            wrong.append(f"{said.function} took {said.seconds:.0f} of {said.allowed:.0f} s")
        if said.status and said.status not in {200, 204}:
            wrong.append(f"{said.function} answered {said.status} {said.code}")
    return wrong


def _at_once(shop: Shop, cell: Cell) -> Sequence[str]:
    """A token that WeChat refuses once is renewed, and all goes on as if nothing had happened.

    What we may say to the buyer is never more than what WeChat still lets us.
    """
    dump = shop.wechat.dump()
    theirs = {template: left for _, template, left in dump["messages"]["permissions"]}
    lines = [
        f"{left} messages of {kind} may be sent, {theirs.get(f'T-{kind}', 0)} at WeChat"
        for kind, left in _permissions(shop).items()
        if left > theirs.get(f"T-{kind}", 0)
    ]
    if cell.kind not in TOKEN_REFUSED or cell.lasting:
        return lines
    if cell.route == "subscribe_send" and len(dump["messages"]["sent"]) != len(TEMPLATES):
        lines.append(f"told {dump['messages']['sent']}")
    if cell.route == "upload_shipping" and not any(one["parcels"] for one in dump["shipping"]):
        lines.append("WeChat knows of no parcel")
    return lines


def _permissions(shop: Shop) -> dict[str, int]:
    """How many messages of each kind the shop may send."""
    items = shop.world.engine.items(TABLE)
    return {
        item["SK"]["S"][2:]: int(item["n"]["N"])
        for item in items
        if item["PK"]["S"].startswith("C#") and item["SK"]["S"].startswith("N#")
    }


def _ends(shop: Shop, cell: Cell, step: Step) -> Sequence[str]:
    if cell.route == "upload_shipping" and cell.kind in FOR_A_PERSON:
        kinds = [str(one["kind"]) for one in tables_of(shop).anomalies]
        told = any(kind.startswith("shipping_refused") for kind in kinds)
        return () if told else [f"nobody was told: {kinds}"]
    return step.finish(shop)


def _courier_ends(shop: Shop, cell: Cell, step: Step) -> Sequence[str]:
    lines = [*step.finish(shop)]
    early = [one["num"] for one in shop.courier.dump()["parcels"] if one["too_early"]]
    if early:
        lines.append(f"asked too early about {early}")
    if cell.route == "query":
        return lines
    is_refused = cell.kind in {f"return:{code}" for code in (600, 601, 700, 701, 702)}
    known = [one["num"] for one in shop.courier.dump()["subscriptions"]]
    taken = json.dumps(known) == json.dumps([NUMBER])
    # What Kuaidi100 refuses for good, and what it says it has, is not asked again.
    return lines if taken or is_refused or cell.kind == "return:501" else [*lines, f"only {known}"]
