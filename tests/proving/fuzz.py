"""A stocked shop that is sent hostile events, each answer checked (R11).

The promise: every event gets an answer, none of them a 5xx, and after a refusal the tables are
equal to the byte.
"""

import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest import mock

import pyotp

from tests.proving import hostile, mutants
from tests.proving.engine import Snapshot
from tests.proving.hostile import Event, Target
from tests.proving.shop import ADDRESS, Shop, load_handler_module
from tests.proving.template import load_handler, load_template

WRITING = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
KEPT_ON_REFUSAL = {
    "POST /v1/admin/login": ("W#",),
    "/v1/admin/": ("U#", "Y#"),
    "POST /v1/coupons/exchange": ("Q#exchange#",),
}
"""Beginnings of partition or sort keys: a refused sign-in and a wrong code are counted, so that
passwords and codes cannot be tried out; an attempt of staff to change something is keyed and
audited before it is made."""
WHEN_ASKED = "aq"
"""An order's note of when WeChat was last asked about it, kept whatever WeChat said."""
SLOW = {"POST /v1/admin/login": 50, "POST /v1/admin/staff": 50}
"""Routes drawn once in so many times: a password hash takes long on purpose."""
SHOWN = 20


@dataclass
class Findings:
    """What a run of events has shown."""

    events: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failures: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Counts a broken promise, and keeps the first ones to show."""
        self.failures += 1
        if len(self.wrong) < SHOWN:
            self.wrong.append(problem)

    @property
    def slowest_of_a_hundred_ms(self) -> float:
        """The 99th percentile of processor time."""
        if not self.seconds:
            return 0.0
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1_000


class Fuzz:
    """A shop with goods, people and orders, and every route of the template as a target."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.known = _stock(shop)
        tokens = (shop.buyer("wang").token, shop.buyer("li").token)
        self.staff = _staff_token(shop)
        self.targets = [
            Target(
                function.folder,
                route,
                api.routes[route].body,
                (self.staff,) if "/admin/" in route else tokens,
                self.known,
            )
            for function in load_template().functions.values()
            if function.routes
            for api in [load_handler_module(function.folder).api]
            for route in function.routes
        ]
        self._tables = shop.world.snapshot()

    def run(self, events: int, seed: int, findings: Findings) -> None:
        """Sends so many events, each from its own dice, so that its number brings it back."""
        for number in range(events):
            dice = Random(f"{seed}/{number}")
            target = self._target(dice)
            event = hostile.event_of(target, dice, self.shop.now)
            with _unhandled() as errors:
                problems = self.send(target, event, findings)
            for problem in (*problems, *errors):
                findings.add(f"seed {seed}, event {number}, {target.route}: {problem}")
            if findings.failures and mutants.hunting():
                return

    def _target(self, dice: Random) -> Target:
        """A route, the slow ones more seldom."""
        while True:
            target = dice.choice(self.targets)
            if not dice.randrange(SLOW.get(target.route, 1)):
                return target

    def send(self, target: Target, event: Event, findings: Findings) -> list[str]:
        """Sends one event and returns what is wrong with the answer."""
        before = self._writes()
        began = time.process_time()
        try:
            answer = self.shop.world.invoke(
                load_handler(target.folder), event, name=target.folder, seconds=20
            )
        except Exception as error:  # noqa: BLE001 - nothing may escape
            return [f"escaped: {error!r}"]
        findings.seconds.append(time.process_time() - began)
        findings.events += 1
        problems = wrong_with(answer)
        if problems:
            return problems
        findings.statuses[answer["statusCode"]] += 1
        if self._writes() == before:
            return []
        tables, earlier = self.shop.world.snapshot(), self._tables
        self._tables = tables
        if answer["statusCode"] < 400:
            return []
        return [
            f"{answer['statusCode']} wrote {change[:300]}"
            for change in _changes(earlier, tables, target.route)
        ]

    def _writes(self) -> int:
        calls = self.shop.world.ledger.calls
        return sum(calls.get(f"store {name}", 0) for name in WRITING)


def _changes(earlier: Snapshot, later: Snapshot, route: str) -> Iterator[str]:
    """What a refusal changed though it should not have."""
    kept = tuple(
        prefix for part, found in KEPT_ON_REFUSAL.items() if part in route for prefix in found
    )
    for table, items in later.tables.items():
        before = earlier.tables[table]
        for key in {*items, *before}:
            old, new = before.get(key, {}), items.get(key, {})
            parts = {name for name in {*old, *new} if old.get(name) != new.get(name)}
            if parts - {WHEN_ASKED} and not any(one.startswith(kept or ("-",)) for one in key):
                yield f"{'|'.join(key)} {sorted(parts)}"


@contextmanager
def _unhandled() -> Iterator[list[str]]:
    """What the outermost guard of a function had to catch."""
    errors: list[str] = []

    def note(*_: object, **__: object) -> None:
        error = sys.exc_info()[1]
        assert error is not None
        last = traceback.extract_tb(error.__traceback__)[-1]
        errors.append(f"unhandled {error!r:.200} at {last.filename}:{last.lineno}")

    with mock.patch("shop.web.api.report", note):
        yield errors


def wrong_with(answer: Any) -> list[str]:
    """What the gateway or the contract would object to in an answer."""
    status, text = answer["statusCode"], answer["body"]
    if not 200 <= status < 500:
        return [f"{status}: {text[:200]}"]
    if not all(isinstance(value, str) for value in answer["headers"].values()):
        return [f"{status}: a header is no text"]
    if any(ord(mark) < 32 for value in answer["headers"].values() for mark in value):
        return [f"{status}: a header has control characters"]
    try:
        text.encode()
        body = json.loads(text) if text else None
    except ValueError as error:
        return [f"{status}: the body is not JSON: {error}"]
    problem = answer["headers"].get("content-type") == "application/problem+json"
    if problem and not {"code", "detail", "request_id", "status"} <= set(body or ()):
        return [f"{status}: no problem body: {text[:200]}"]
    return []


def _stock(shop: Shop) -> Mapping[str, tuple[str, ...]]:
    """Sets the shop up; what exists, by the name of the field that takes it."""
    skus = shop.put_product("p1", [(12_800, 500, None), (5_000, 500, 2)])
    shop.put_coupon("c1")
    shop.put_sale("f1", skus[0], 100, per_customer=3)
    wang, li = shop.buyer("wang"), shop.buyer("li")
    orders: list[str] = []
    quotes: list[str] = []
    tickets: list[str] = []
    for buyer in (wang, li):
        for _ in range(3):
            quotes.append(shop.quote_token(buyer, {skus[1]: 1} if not orders else {skus[0]: 1}))
            orders.append(shop.place(buyer, quotes[-1]).order_no)
        quotes.append(shop.quote_token(buyer, {skus[0]: 2}))
        tickets.append(shop.ticket(buyer, "f1"))
    made = shop.call(
        "account",
        "POST /v1/me/addresses",
        wang,
        body=dict(
            zip(("name", "phone", "province", "city", "district", "detail"), ADDRESS, strict=True)
        )
        | {"is_default": True},
        headers={"idempotency-key": "address-1"},
    )
    addresses = (str(made.body["id"]),) if made.status < 300 else ("a1",)
    return {
        "sku_id": tuple(skus),
        "product_id": ("p1",),
        "order_no": tuple(orders),
        "coupon_id": ("c1",),
        "sale_id": ("f1",),
        "address_id": addresses,
        "coupon_claim_id": ("c1-1",),
        "freight_coupon_claim_id": ("c1-1",),
        "quote_token": tuple(quotes),
        "ticket": tuple(tickets),
        "token": ("x",),
        "phone": ("13812345678",),
        "province": ("广东省",),
        "url": ("https://img.example.com/1.jpg",),
        "username": ("owner", "nobody"),
    }


def _staff_token(shop: Shop) -> str:
    first = shop.world.secrets["yunpu/staff-bootstrap"]
    code = pyotp.TOTP(first["totp_secret"]).at(shop.now)
    answer = shop.call(
        "staff",
        "POST /v1/admin/login",
        body={"username": first["username"], "password": first["password"], "code": code},
    )
    assert answer.status == 200, answer
    return str(answer.body["access_token"])
