"""R6: forged or stale notices change nothing.

Real RSA and AES-GCM: one thing wrong in each, refused with the tables equal to the byte and no call
to anybody; genuine ones are taken all day, under both of WeChat Pay's keys.
"""

import json

from scripts.emulators.wechatpay.notices import WRONG_CONTENT
from tests.proving.cases import pushes
from tests.proving.cases.notices import ROUTE, Forger, Notice
from tests.proving.cases.stage import furnish, ordered, paid
from tests.proving.invariants import broken, totals
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import Answer, Shop

promise, target = PROOFS["R6"]

FULL_GENUINE, QUICK_GENUINE = 10_000, 60
LEAST_FORGED = 200
DAY = 86_400


def run(seed: int, quick: bool) -> Result:
    """Forged notices, on an order that waits for its own, and a day of genuine ones; pushes."""
    lines: list[str] = []
    counts: dict[str, int] = {}
    wanted = QUICK_GENUINE if quick else FULL_GENUINE
    with Shop(seed=seed, lean=True) as shop:
        furnish(shop)
        begin = shop.moment()
        for part in narrowed({"notices": _notices, "pushes": _pushes}).values():
            shop.back_to(begin)
            counts |= part(shop, wanted, lines)
    measured = (
        f"{len(lines)} wrong in {counts.get('forged', 0)} forgeries and"
        f" {counts.get('forged pushes', 0)} pushes; {counts.get('genuine', 0):,} of {wanted:,}"
        " genuine taken"
    )
    return Result(measured, not lines, counts, lines)


def _notices(shop: Shop, wanted: int, lines: list[str]) -> dict[str, int]:
    initial = totals(shop)
    wang = shop.buyer("wang")
    number = paid(shop, wang, ordered(shop, wang))
    forger = Forger(shop, number)
    # The process reads its keys before, so that what is counted is the notice's own calls.
    _send(shop, Notice("warm", {}, b""))
    forged = list(forger.forged())
    for one in forged:
        _forged(shop, one, lines)
    waiting = shop.moment()
    for kind in WRONG_CONTENT:
        _mismatched(shop, number, kind, lines)
        shop.back_to(waiting, fresh=False)
    taken = sum(_genuine(shop, forger, at, wanted, lines) for at in range(wanted))
    lines += broken(shop, initial)
    shown = shop.show(shop.buyer("wang"), number).body["status"]
    if shown != "TO_SHIP":
        lines.append(f"the order is {shown}")
    if len(forged) < LEAST_FORGED:
        lines.append(f"only {len(forged)} forgeries")
    return {"forged": len(forged), "genuine": taken}


def _pushes(shop: Shop, _: int, lines: list[str]) -> dict[str, int]:
    """What WeChat and the courier would push, one thing wrong in each; then as it should be."""
    initial = totals(shop)
    number, count = pushes.shipped(shop), 0
    for name, send in pushes.forged(shop, number):
        before = shop.world.snapshot()
        answers = send()
        count += 1
        if answers != [pushes.REFUSED]:
            lines.append(f"{name}: answered {answers}")
        changes = before.differences(shop.world.snapshot())
        lines += [f"{name} changed {line[:160]}" for line in changes]
    if (answers := pushes.genuine(shop, number)) != [200, 200]:
        lines.append(f"genuine pushes: answered {answers}")
    lines += broken(shop, initial)
    return {"forged pushes": count}


def _send(shop: Shop, one: Notice) -> Answer:
    return shop.call("pay_notify", ROUTE, headers=one.headers, raw=one.body)


def _forged(shop: Shop, one: Notice, lines: list[str]) -> None:
    before = shop.world.snapshot()
    with shop.world.ledger.step("forged") as book:
        answer = _send(shop, one)
    if not 400 <= answer.status < 500:
        lines.append(f"{one.name}: answered {answer.status}")
    if book.entries:
        lines.append(f"{one.name}: called {[entry.name for entry in book.entries]}")
    changes = before.differences(shop.world.snapshot())
    lines += [f"{one.name} changed {line[:160]}" for line in changes]


def _mismatched(shop: Shop, number: str, kind: str, lines: list[str]) -> None:
    """Signed by WeChat Pay, but not what the order says: kept for a person, the order untouched."""
    before = shop.world.snapshot()
    asked = json.dumps({"out_trade_no": number, "kind": kind}).encode()
    reply = shop.pay.handle("POST", "/_control/notices/forge", {}, asked)
    (answer,) = json.loads(reply.body)["answers"]
    if answer["status"] != 204:
        lines.append(f"{kind}: answered {answer['status']}")
    changes = before.differences(shop.world.snapshot())
    lines += [f"{kind} changed {line[:160]}" for line in changes if not line.startswith("yunpu N#")]
    if kind != "wrong_state" and not changes:
        lines.append(f"{kind}: nobody will hear of it")


def _genuine(shop: Shop, forger: Forger, at: int, wanted: int, lines: list[str]) -> bool:
    shop.world.clock.advance(DAY / wanted)
    answer = _send(shop, forger.genuine(second_key=at % 2 == 1))
    if answer.status != 204:
        lines.append(f"genuine {at}: answered {answer.status}")
    return answer.status == 204
