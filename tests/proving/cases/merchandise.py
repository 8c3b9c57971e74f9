"""Staff who change a price or a sale state while somebody buys, or whose change is cut off."""

from collections.abc import Sequence

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.domain.calendar import business_day
from shop.store import catalogue, staff
from shop.store.stock import SkuRow
from tests.proving.cases.stage import PLENTY, Direct, Scene, statuses
from tests.proving.cases.steps import DirectStep, Step
from tests.proving.shop import Answer, Shop

OLD, NEW, OTHER = 12_800, 9_900, 11_900
PRICE = "POST /v1/admin/catalogue/skus/{sku_id}/price"
STATE = "POST /v1/admin/catalogue/products/{product_id}/sale-state"


class Desk:
    """The owner at work in one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
        staff.create("keeper", "owner", "no password opens this", b"", shop.now)
        self.token = issue_staff(ring, "keeper", "s", now=shop.now, jti="keeper")

    def price(self, fen: int, key: str = "price-1") -> Answer:
        body = {"price_fen": fen, "reason": "换季"}
        return self._send(PRICE, key, body, sku_id=PLENTY)

    def off(self) -> Answer:
        return self._send(STATE, "off-1", {"on_sale": False, "reason": "下架"}, product_id="p1")

    def _send(self, route: str, key: str, body: object, **path: str) -> Answer:
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": key}
        return self.shop.call("merchandise", route, path=path, body=body, headers=headers)

    def traces(self, subject: str) -> int:
        """How often something was changed, as the log has it."""
        trace = staff.audits(business_day(self.shop.now))
        return sum(one.subject == subject for one in trace)


def _row() -> SkuRow:
    return catalogue.skus_of([PLENTY])[PLENTY]


def _wrong(price: int, version: int) -> Sequence[str]:
    """What SKU and description say, where they should say this."""
    row, kept = _row(), catalogue.read_product("p1").kept
    described = {sku.id: sku.price_fen for sku in kept.product.skus}[PLENTY] if kept else 0
    told = (int(row.price_fen), int(row.price_version), described)
    return [] if told == (price, version, price) else [f"price, version, described {told}"]


def price_and_checkout(shop: Shop) -> Scene:
    """An order is made at the price its quote named, or not at all."""
    desk, wang = Desk(shop), shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 1})

    def expect(answers: list[Answer]) -> Sequence[str]:
        changed, placed = answers
        wrong = [] if changed.status == 200 else [f"price {changed}"]
        if placed.status == 201:
            paid = placed.body["order"]["amounts"]["goods_total_fen"]
            return [*wrong, *([] if paid == OLD else [f"sold at {paid}"])]
        refused = (placed.status, placed.body["code"]) == (409, "quote_changed")
        return [*wrong, *([] if refused else [f"checkout {placed}"])]

    return Scene(
        [lambda: desk.price(NEW), lambda: shop.place(wang, token)],
        expect,
        lambda _: _wrong(NEW, 2),
    )


def off_and_checkout(shop: Shop) -> Scene:
    """Off sale means that no later checkout succeeds; this one came before or did not come."""
    desk, wang = Desk(shop), shop.buyer("wang")
    token = shop.quote_token(wang, {PLENTY: 1})

    def expect(answers: list[Answer]) -> Sequence[str]:
        told = [one.status for one in answers]
        return [] if told in ([200, 201], [200, 409]) else [f"answers {told}"]

    def finish(shop: Shop) -> Sequence[str]:
        return ["still on sale"] if _row().on_sale_at(shop.now) else []

    return Scene([desk.off, lambda: shop.place(wang, token)], expect, finish)


def price_and_price(shop: Shop) -> Scene:
    """Two prices at once: the later one stands, in the SKU and in its description alike."""
    desk = Desk(shop)

    def finish(_: Shop) -> Sequence[str]:
        found = [_wrong(price, 3) for price in (NEW, OTHER)]
        return [] if not all(found) else found[0]

    return Scene(
        [lambda: desk.price(NEW), lambda: desk.price(OTHER, "price-2")],
        statuses([200, 200]),
        finish,
    )


def price_twice(shop: Shop) -> Scene:
    """One request sent twice is one change and one trace."""
    desk = Desk(shop)

    def finish(_: Shop) -> Sequence[str]:
        traces = desk.traces(PLENTY)
        return [*_wrong(NEW, 2), *([] if traces == 1 else [f"{traces} traces"])]

    return Scene([lambda: desk.price(NEW)] * 2, statuses([200, 200]), finish)


def price_cut_off(shop: Shop) -> Step:
    """A change that was cut off anywhere is made by its repeat, once."""
    desk = Desk(shop)

    def finish(_: Shop) -> Sequence[str]:
        traces = desk.traces(PLENTY)
        return [*_wrong(NEW, 2), *([] if traces == 1 else [f"{traces} traces"])]

    return Step(lambda: desk.price(NEW), lambda: desk.price(NEW), finish)


MERCHANDISE_STEPS: dict[str, DirectStep] = {"price": price_cut_off}
MERCHANDISE_PAIRS: dict[str, Direct] = {
    "price x checkout": price_and_checkout,
    "off sale x checkout": off_and_checkout,
    "price x price": price_and_price,
    "price x same price": price_twice,
}
