"""Who may call what (R12), and that telling who somebody is costs no store call."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shop.domain.staff_roles import Role
from shop.web.api import Auth, Reply, Route
from tests.proving.people import People, Target, path_of, populate, targets
from tests.proving.rows import r12
from tests.proving.shop import Shop, load_handler_module

SEED = 20261125


@pytest.fixture(scope="module")
def populated() -> Iterator[tuple[Shop, People]]:
    print(f"seed {SEED}")
    with Shop(seed=SEED, lean=True) as shop:
        yield shop, populate(shop)


def test_every_route_is_right_for_every_identity() -> None:
    result = r12.run(SEED, quick=True)
    assert result.details == []
    assert result.counts["routes"] == len(targets())
    assert result.counts["forged"] > 1_000


@pytest.mark.parametrize(
    "one", [one for one in targets() if one.route.auth in {Auth.CUSTOMER, Auth.STAFF}],
    ids=lambda one: one.key,
)  # fmt: skip
def test_an_authenticated_request_costs_no_store_call_before_its_own_work(
    populated: tuple[Shop, People], one: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, people = populated
    routes: dict[str, Route] = load_handler_module(one.folder).api.routes
    idle = replace(one.route, handler=lambda _: Reply(status=204), body=None)
    monkeypatch.setitem(routes, one.key, idle)
    staff = one.route.auth is Auth.STAFF
    token = people.staff[Role.OWNER] if staff else people.li.buyer.token
    before = shop.world.ledger.requests
    answer = shop.call(
        one.folder,
        one.key,
        path=path_of(one.route, people.li.known),
        headers={"authorization": f"Bearer {token}", "idempotency-key": "k"},
    )
    assert answer.status == 204, answer
    # Staff: their role, which is read from the store at call time.
    assert shop.world.ledger.requests - before == (1 if staff else 0)


def test_a_route_that_is_not_listed_fails_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r12, "PUBLIC", r12.PUBLIC - {"GET /v1/products"})
    assert any("GET /v1/products" in line for line in r12.run(SEED, quick=True).details)
