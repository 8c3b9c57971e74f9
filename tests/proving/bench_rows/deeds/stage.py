"""The shop in which deeds are done: goods, two customers, staff, and orders in every state."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from shop.crypto.sessions import issue_staff
from shop.usecases import publish
from tests.proving.bench_rows.goods import put_goods
from tests.proving.cases.counter import Counter
from tests.proving.people import populate
from tests.proving.shop import Answer, Buyer, Shop

GOODS = 20
OWNER = "owner-1"
PARCEL = "7312345678901"
TEMPLATES = {"paid": {"id": "T-paid", "fields": {"amount1": "amount"}}}
REFUND_SECONDS = 3


class Stage:
    """A furnished shop; each deed begins at ``base``."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.people = populate(shop)
        self.skus = put_goods(shop, GOODS)
        self.counter = Counter(shop)
        publish.publish(shop.now)
        shop.index_search()
        shop.pump()
        self.base = shop.moment()

    @property
    def wang(self) -> Buyer:
        """A customer with an address, a coupon, a cart and an order that waits for its money."""
        return self.people.wang.buyer

    def customer(
        self, folder: str, route: str, *, key: str = "", **more: Any
    ) -> Callable[[], Answer]:
        """A request of that customer."""
        headers = {"idempotency-key": key} if key else {}
        return lambda: self.shop.call(folder, route, self.wang, headers=headers, **more)

    def anybody(self, folder: str, route: str, **more: Any) -> Callable[[], Answer]:
        """A request without a token."""
        return lambda: self.shop.call(folder, route, **more)

    def owner(self) -> str:
        """A token of the owner's, issued now."""
        return issue_staff(self.people.ring, OWNER, "s", now=self.shop.now, jti="deed")

    def staff(self, folder: str, route: str, body: Any = None, **path: str) -> Callable[[], Answer]:
        """An owner's request; every write has a key."""
        headers = {} if route.startswith("GET") else {"idempotency-key": "deed"}

        def ask() -> Answer:
            sent = {**headers, "authorization": f"Bearer {self.owner()}"}
            return self.shop.call(folder, route, path=path, body=body, headers=sent)

        return ask

    def clear(self) -> None:
        """Nobody's order waits any more."""
        for one in (self.people.wang, self.people.li):
            assert self.shop.cancel(one.buyer, one.known["order_no"]).status == 200
        self.shop.pump()

    def ordered(self, lines: Mapping[str, int] | None = None) -> Answer:
        """The customer's order of one line, or of these, that waits for its money."""
        asked = lines or {self.skus[0]: 2}
        placed = self.shop.place(self.wang, self.shop.quote_token(self.wang, asked))
        assert placed.status == 201, placed
        return placed

    def paid(self, lines: Mapping[str, int] | None = None, *, settled: bool = True) -> str:
        """The number of a paid order; what follows from that is done, unless told."""
        placed = self.ordered(lines)
        assert placed.payment
        assert self.shop.pay_now(self.wang, placed.payment) == 200
        self.shop.pump()
        self.shop.deliver_due()
        if settled:
            self.shop.pump()
        return placed.order_no

    def shipped(self) -> str:
        """The number of an order whose parcel is known to WeChat and the courier."""
        number = self.paid()
        assert self.counter.ship(number, PARCEL).status == 201
        self.shop.pump()
        return number

    def asked_back(self) -> str:
        """The number of a refund that waits for staff."""
        number = self.counter.asked(self.wang, self.paid(), {1: 1})
        self.shop.pump()
        return number

    def courier_tells(self, state: str, text: str) -> None:
        """The courier pushes news of the parcel."""
        told = {"num": PARCEL, "state": state, "events": [{"context": text}]}
        self.shop.courier.handle("POST", "/_control/push", {}, json.dumps(told).encode())

    def allow_messages(self) -> None:
        """The customer wants to be told of payments."""
        self.shop.offer_messages(TEMPLATES)
        self.shop.wechat_control("subscriptions", user="wang", template_id="T-paid", count=2)
        allowed = self.customer(
            "account", "PUT /v1/me/subscriptions", body={"template": "paid", "accepted": True}
        )()
        assert allowed.status == 200, allowed

    def refund_fails(self, kind: str) -> str:
        """The number of an approved refund that WeChat could not make, in this way."""
        refund_no = self.asked_back()
        self.shop.pay.faults.add({"route": "refund", "kind": kind})
        assert self.counter.decide(refund_no).status == 200
        self.shop.pump()
        self.shop.world.clock.advance(REFUND_SECONDS)
        self.shop.deliver_due()
        self.shop.pump()
        return refund_no
