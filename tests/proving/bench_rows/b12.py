"""Row 12: what it costs to know who is asking: store calls of a request whose own work is nothing.

Every route that needs a token is called with a genuine one and an idle handler. Customers' tokens
are checked without the store; staff cost the one read of their role (`design.md` section 5).
"""

from dataclasses import replace
from unittest import mock

from shop.domain.staff_roles import Role
from shop.web.api import Auth, Empty, Reply
from tests.proving.people import People, Target, path_of, populate, targets
from tests.proving.scorecard import BENCHES, Measured
from tests.proving.shop import Shop, load_handler_module

name, gate, moonshot, limit = BENCHES["12"]

NO_CONTENT = 204


def signed_in_routes() -> list[Target]:
    """Every deployed route that needs a token."""
    return [one for one in targets() if one.route.auth in {Auth.CUSTOMER, Auth.STAFF}]


def calls_before_work(shop: Shop, people: People, one: Target) -> int:
    """Store calls of a request with a good token whose handler does nothing.

    Raises:
        AssertionError: The request was refused.
    """
    routes = load_handler_module(one.folder).api.routes
    idle = replace(one.route, handler=lambda _: Reply(status=NO_CONTENT), body=None, query=Empty)
    is_staff = one.route.auth is Auth.STAFF
    token = people.staff[Role.OWNER] if is_staff else people.li.buyer.token
    before = shop.world.ledger.requests
    with mock.patch.dict(routes, {one.key: idle}):
        answer = shop.call(
            one.folder,
            one.key,
            path=path_of(one.route, people.li.known),
            headers={"authorization": f"Bearer {token}", "idempotency-key": "k"},
        )
    assert answer.status == NO_CONTENT, answer
    return shop.world.ledger.requests - before


def run(seed: int, quick: bool) -> Measured:
    """Calls every route once."""
    del quick
    with Shop(seed=seed, lean=True) as shop:
        people = populate(shop)
        found = [
            (one.route.auth, calls_before_work(shop, people, one)) for one in signed_in_routes()
        ]
    customer = max(calls for auth, calls in found if auth is Auth.CUSTOMER)
    staff = max(calls for auth, calls in found if auth is Auth.STAFF)
    return Measured(
        f"{customer} / {staff}",
        (customer, staff) == (0, 1),
        {"customer": customer, "staff": staff},
        [],
        [f"{len(found)} routes that need a token, each called once by its own handler's Api"],
    )
