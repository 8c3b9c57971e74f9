"""One round of a shop's life through its deployed handlers, with new people every time.

It leaves the process as warm as it was; the caller puts store and providers back, so that what
grows from round to round is the code's and not the data's.
"""

from typing import Any

from tests.proving.people import BODY
from tests.proving.shop import Answer, Buyer, Shop

PRODUCT, SKU, FLASH_SKU, SALE, COUPON = "p1", "p1-1", "p1-2", "f1", "k1"
STOCK = 1_000
PAUSE_SECONDS = 5


def furnish(shop: Shop) -> None:
    """Goods, a sale and a coupon."""
    shop.put_product(PRODUCT, [(12_800, STOCK, None), (5_000, STOCK, None)])
    shop.put_sale(SALE, FLASH_SKU, 72, seconds=7 * 86_400)
    shop.put_coupon(COUPON)


class Round:
    """One round.

    ``requests`` counts what was sent; ``wrong`` holds answers that were not as they must be.
    """

    def __init__(self, shop: Shop, number: int) -> None:
        self._shop = shop
        self._number = number
        self.requests = 0
        self.wrong: list[str] = []

    def live(self) -> None:
        """Looks around, buys, cancels, refuses; then the schedules and the stream do their part."""
        shop = self._shop
        anna, ben = self._arrives("anna"), self._arrives("ben")
        self._browses(anna)
        paid = self._orders(anna)
        if paid.payment:
            shop.pay_now(anna, paid.payment)
        shop.deliver_due()
        self._send(200, "orders", "GET /v1/orders/{order_no}", anna, order=paid.order_no)
        self._send(200, "orders", "GET /v1/orders", anna)
        left = self._orders(ben)
        self._send(200, "orders", "POST /v1/orders/{order_no}/cancel", ben, order=left.order_no)
        self._rushes(ben)
        self._send(404, "orders", "GET /v1/orders/{order_no}", ben, order=paid.order_no)
        self._send(401, "orders", "GET /v1/orders", None)
        self._send(422, "cart", "POST /v1/quotes", ben, body={"items": "none"})
        shop.world.clock.advance(PAUSE_SECONDS)
        for schedule in (shop.pump, shop.sweep, shop.ask_unpaid, shop.follow_up, shop.pump):
            schedule()
            self.requests += 1

    def _arrives(self, name: str) -> Buyer:
        buyer = self._shop.sign_in(f"{name}-{self._number}")
        self.requests += 1
        self._send(200, "account", "GET /v1/me", buyer)
        return buyer

    def _browses(self, buyer: Buyer) -> None:
        self._send(200, "catalogue", "GET /v1/categories", None)
        self._send(200, "catalogue", "GET /v1/products", None)
        self._send(
            200, "catalogue", "GET /v1/products/{product_id}", None, path={"product_id": PRODUCT}
        )
        self._send(
            201, "coupons", "POST /v1/coupons/{coupon_id}/claims", buyer,
            path={"coupon_id": COUPON}, headers={"idempotency-key": f"claim-{self._number}"},
        )  # fmt: skip
        self._send(200, "meta", "GET /v1/health", None)

    def _orders(self, buyer: Buyer) -> Answer:
        added = self._send(
            201, "account", "POST /v1/me/addresses", buyer, body=BODY,
            headers={"idempotency-key": f"address-{self._number}"},
        )  # fmt: skip
        self._send(
            200, "cart", "PUT /v1/cart/items/{sku_id}", buyer, path={"sku_id": SKU},
            body={"quantity": 1},
        )  # fmt: skip
        asked = {
            "items": [{"sku_id": SKU, "quantity": 1}],
            "from_cart": True,
            "address_id": added.body["id"],
        }
        quoted = self._send(200, "cart", "POST /v1/quotes", buyer, body=asked)
        body = {"quote_token": quoted.body["quote_token"]}
        return self._send(201, "checkout", "POST /v1/orders", buyer, body=body)

    def _rushes(self, buyer: Buyer) -> None:
        ticket = self._shop.ticket(buyer, SALE)
        self._send(
            201, "flash_sale", "POST /v1/flash-sales/{sale_id}/orders", buyer,
            path={"sale_id": SALE}, body={"ticket": ticket},
        )  # fmt: skip

    def _send(
        self, status: int, folder: str, route: str, buyer: Buyer | None, *, order: str = "",
        **more: Any,
    ) -> Answer:  # fmt: skip
        if order:
            more["path"] = {"order_no": order}
        answer = self._shop.call(folder, route, buyer, **more)
        self.requests += 1
        if answer.status != status:
            self.wrong.append(f"{route}: {answer.status} for {status}: {str(answer.body)[:200]}")
        return answer
