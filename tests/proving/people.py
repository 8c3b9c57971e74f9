"""A stocked shop with two customers who each hold something, and staff of every role."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.staff_roles import Role
from shop.store import staff
from shop.usecases import publish
from shop.web.api import Route
from tests.proving import hostile
from tests.proving.shop import ADDRESS, Buyer, Shop, load_handler_module
from tests.proving.template import load_template

NAMES = ("name", "phone", "province", "city", "district", "detail")
BODY = {**dict(zip(NAMES, ADDRESS, strict=True)), "is_default": True}


@dataclass(frozen=True)
class Target:
    """One deployed route."""

    folder: str
    route: Route

    @property
    def key(self) -> str:
        """Such as `GET /v1/orders`."""
        return self.route.key


@dataclass(frozen=True)
class Holdings:
    """What one customer holds, by the name of the field or path parameter that takes it."""

    buyer: Buyer
    known: Mapping[str, str]


@dataclass(frozen=True)
class People:
    """Everybody, and the keys that their tokens are made with."""

    ring: KeyRing
    wang: Holdings
    li: Holdings
    staff: Mapping[Role, str]


def targets() -> list[Target]:
    """Every route of the template with its declaration."""
    return [
        Target(function.folder, load_handler_module(function.folder).api.routes[key])
        for function in load_template().functions.values()
        for key in function.routes
    ]


def populate(shop: Shop) -> People:
    """Goods, two customers with one of everything, and an account of each role."""
    shop.put_product("p1", [(12_800, 500, None), (5_000, 500, None)])
    publish.publish(shop.now)
    shop.index_search()
    for coupon in ("c-wang", "c-li"):
        shop.put_coupon(coupon)
    shop.put_sale("f1", "p1-1", 100, per_customer=3)
    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    tokens = {}
    for role in Role:
        staff.create(f"{role}-1", role, "no password opens this", b"", shop.now)
        tokens[role] = issue_staff(ring, f"{role}-1", "s", now=shop.now, jti=role)
    return People(ring, _customer(shop, "wang"), _customer(shop, "li"), tokens)


def _customer(shop: Shop, name: str) -> Holdings:
    buyer = shop.buyer(name)
    address = shop.call(
        "account",
        "POST /v1/me/addresses",
        buyer,
        body=BODY,
        headers={"idempotency-key": f"address-{name}"},
    )
    claim = shop.call(
        "coupons",
        "POST /v1/coupons/{coupon_id}/claims",
        buyer,
        path={"coupon_id": f"c-{name}"},
        headers={"idempotency-key": f"claim-{name}"},
    )
    assert address.status == claim.status == 201, (address, claim)
    placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
    shop.call(
        "cart",
        "PUT /v1/cart/items/{sku_id}",
        buyer,
        path={"sku_id": "p1-2"},
        body={"quantity": 2},
    )
    shop.pump()
    return Holdings(
        buyer,
        {
            "order_no": placed.order_no,
            "address_id": str(address.body["id"]),
            "coupon_claim_id": str(claim.body["claim_id"]),
            "quote_token": shop.quote_token(buyer, {"p1-2": 1}),
            "ticket": shop.ticket(buyer, "f1"),
        },
    )


SHARED = {
    "sku_id": "p1-1",
    "product_id": "p1",
    "coupon_id": "c-li",
    "sale_id": "f1",
    "gift_id": "none",
    "username": "nobody",
    "token": "x",
    "policy": "privacy",
    "approval_id": "none",
    "refund_no": "none-1",
    "line_id": "1",
    "parcel": "1",
    "day": "20260101",
}
"""Path parameters that name what is no customer's own."""


def body_of(route: Route, known: Mapping[str, str]) -> Any:
    """A body that fits the route's shape, made of what exists."""
    if route.body is None:
        return None
    values = {name: (value,) for name, value in {**SHARED, **known}.items()}
    values |= {name: (str(value),) for name, value in BODY.items() if name != "is_default"}
    return hostile.draw(route.body, values, Random(route.key))


def path_of(route: Route, known: Mapping[str, str]) -> dict[str, str]:
    """Values of the path's parameters.

    Raises:
        KeyError: A parameter is neither a customer's own nor shared; say which it is.
    """
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return {name: {**SHARED, **known}[name] for name in names}
