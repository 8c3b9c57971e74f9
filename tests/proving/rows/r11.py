"""R11: whatever is sent, the answer is clean: hostile events into every handler, and the document.

Events go to every HTTP function of the template; the schedule and the stream, which only the
platform feeds, get events without content, without images and of rows they do not know.
"""

from collections import Counter
from typing import Any

from tests.proving import bounds, contract
from tests.proving.fuzz import Findings, Fuzz
from tests.proving.mutants import narrowed
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import TABLE, Shop
from tests.proving.template import load_handler, load_template

promise, target = PROOFS["R11"]

EVENTS, QUICK_EVENTS = 1_000_000, 2_000
CASES, QUICK_CASES = 22_000, 150
"""Drawn; what takes nothing cannot be asked wrongly, so a tenth of them is not sent."""
ROUND = 50_000
"""Events after which the shop is set up anew, so that it neither sells out nor signs all out."""
SLOWEST_MS = 50.0


def run(seed: int, quick: bool) -> Result:
    """Sends the events in rounds, then the document's cases, and what no shape allows."""
    findings = Findings()
    parts = narrowed({"events": _events, "cases": _cases, "bounds": _bounds})
    counts: Counter[str] = Counter()
    for name, part in parts.items():
        counts[name] = part(seed, quick, findings)
    with Shop(seed=seed, lean=True) as shop:
        fuzz = Fuzz(shop)
        operations = len(list(contract.Contract(fuzz).operations()))
        unreached = _unreached(fuzz)
    slowest = findings.slowest_of_a_hundred_ms
    return Result(
        f"{findings.failures} broken in {findings.events:,} events, {counts['cases']:,} cases of"
        f" {operations} operations and {counts['bounds']:,} bodies out of bounds;"
        f" p99 {'<' if slowest < SLOWEST_MS else '>='} 50 ms",
        findings.failures == 0 and slowest < SLOWEST_MS,
        {"routes": len(fuzz.targets), "operations": operations, "bounds": counts["bounds"]},
        [*findings.wrong, *unreached],
    )


def _events(seed: int, quick: bool, findings: Findings) -> int:
    wanted = QUICK_EVENTS if quick else EVENTS
    for begin in range(0, wanted, ROUND):
        with Shop(seed=seed, lean=True) as shop:
            fuzz = Fuzz(shop)
            fuzz.run(min(ROUND, wanted - begin), seed + begin, findings)
            if begin == 0:
                _platform_events(shop, findings)
    return findings.events


def _cases(seed: int, quick: bool, findings: Findings) -> int:
    with Shop(seed=seed, lean=True) as shop:
        fuzz = Fuzz(shop)
        operations = len(list(contract.Contract(fuzz).operations()))
        examples = (QUICK_CASES if quick else CASES) // (operations * len(contract.MODES)) + 1
        return contract.run(fuzz, examples, seed, findings)


def _bounds(seed: int, _: bool, findings: Findings) -> int:
    with Shop(seed=seed, lean=True) as shop:
        return bounds.run(Fuzz(shop), findings)


def _unreached(fuzz: Fuzz) -> list[str]:
    deployed = {route for one in load_template().functions.values() for route in one.routes}
    return [f"not fuzzed: {route}" for route in deployed - {one.route for one in fuzz.targets}]


def _platform_events(shop: Shop, findings: Findings) -> None:
    images = list(shop.world.engine.items(TABLE))
    records = [
        {"eventName": name, "dynamodb": {"SequenceNumber": "1", "Keys": {}, **change}}
        for image in images
        for name, change in (
            ("INSERT", {"NewImage": image}),
            ("MODIFY", {"OldImage": image, "NewImage": image}),
            ("REMOVE", {"OldImage": image}),
            ("MODIFY", {}),
        )
    ]
    events: list[dict[str, Any]] = [{}, {"Records": []}, {"detail": None}]
    for folder in ("outbox", "order_expiry"):
        for event in (*events, *({"Records": [record]} for record in records)):
            findings.events += 1
            try:
                answer = shop.world.invoke(load_handler(folder), event, name=folder, seconds=28)
            except Exception as error:  # noqa: BLE001 - nothing may escape
                findings.add(f"{folder}: escaped {error!r} on {str(event)[:200]}")
                continue
            if answer.get("batchItemFailures"):
                findings.add(f"{folder}: {answer} on {str(event)[:200]}")
