"""Who may call what (R12), and that telling who somebody is costs no store call."""

from collections.abc import Iterator

import pytest

from shop.web.api import Auth
from tests.proving.bench_rows.b12 import calls_before_work, signed_in_routes
from tests.proving.people import People, Target, populate, targets
from tests.proving.rows import r12
from tests.proving.shop import Shop

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


@pytest.mark.parametrize("one", signed_in_routes(), ids=lambda one: one.key)
def test_an_authenticated_request_costs_no_store_call_before_its_own_work(
    populated: tuple[Shop, People], one: Target
) -> None:
    # Staff: their role, which is read from the store at call time.
    expected = 1 if one.route.auth is Auth.STAFF else 0
    assert calls_before_work(*populated, one) == expected


def test_a_route_that_is_not_listed_fails_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r12, "PUBLIC", r12.PUBLIC - {"GET /v1/products"})
    assert any("GET /v1/products" in line for line in r12.run(SEED, quick=True).details)
