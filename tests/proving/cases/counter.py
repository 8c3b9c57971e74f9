"""Both sides of the counter at which parcels go out, and refunds are asked for and decided."""

from collections.abc import Mapping

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import issue_staff
from shop.store import staff
from tests.proving.shop import Answer, Buyer, Shop

REASON = "不想要了"
LIMIT_FEN = 50_000
"""What the shop's settings let one member of staff give back of an order."""


class Counter:
    """The buyer's and the staff's side of refunds, with two owners behind the counter."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
        for name in ("one", "two"):
            staff.create(name, "owner", "no password opens this", b"", shop.now)

    def ask(
        self, buyer: Buyer, order_no: str, lines: Mapping[int, int], key: str = "ask"
    ) -> Answer:
        """The buyer asks pieces back."""
        return self.shop.call(
            "orders",
            "POST /v1/orders/{order_no}/refund-requests",
            buyer,
            path={"order_no": order_no},
            body={"lines": _lines(lines), "reason": REASON},
            headers={"idempotency-key": key},
        )

    def asked(self, buyer: Buyer, order_no: str, lines: Mapping[int, int], key: str = "ask") -> str:
        """The number of a refund that was asked for."""
        answer = self.ask(buyer, order_no, lines, key)
        assert answer.status == 201, answer
        return str(answer.body["refund_no"])

    def decide(
        self, refund_no: str, how: str = "approve", *, who: str = "one", amount: int | None = None
    ) -> Answer:
        """Staff approve, refuse, redirect or reopen; always under one key of theirs."""
        body: dict[str, object] = {"reason": "已核对"}
        if amount is not None:
            body["amount_fen"] = amount
        path = {"refund_no": refund_no}
        route = f"POST /v1/admin/refunds/{{refund_no}}/{how}"
        return self._send(who, route, f"{how}-{refund_no[-20:]}", body, path)

    def create(
        self,
        order_no: str,
        lines: Mapping[int, int],
        *,
        who: str = "one",
        amount: int | None = None,
        key: str = "create",
    ) -> Answer:
        """Staff begin a refund."""
        body: dict[str, object] = {
            "order_no": order_no, "lines": _lines(lines), "reason": "破损补偿",
        }  # fmt: skip
        if amount is not None:
            body["amount_fen"] = amount
        return self._send(who, "POST /v1/admin/refunds", key, body)

    def waiting(self) -> list[str]:
        """Numbers of what waits for a person."""
        answer = self._send("one", "GET /v1/admin/refunds", "")
        return [str(one["refund_no"]) for one in answer.body["items"]]

    def order(self, order_no: str) -> dict[str, object]:
        """An order as staff see it."""
        route, path = "GET /v1/admin/orders/{order_no}", {"order_no": order_no}
        found: dict[str, object] = self._send(
            "one", route, "", None, path, folder="fulfilment"
        ).body
        return found

    def ship(
        self,
        order_no: str,
        tracking_no: str,
        lines: Mapping[int, int] | None = None,
        *,
        company: str = "zhongtong",
        key: str = "",
    ) -> Answer:
        """Staff ship a parcel, with all that is left unless told; keyed by its number."""
        body: dict[str, object] = {"company": company, "tracking_no": tracking_no}
        if lines is not None:
            body["lines"] = _lines(lines)
        route = "POST /v1/admin/orders/{order_no}/shipments"
        return self._send(
            "one", route, key or tracking_no, body, {"order_no": order_no}, folder="fulfilment"
        )

    def correct(
        self, order_no: str, parcel: str, tracking_no: str, *, company: str = "zhongtong"
    ) -> Answer:
        """Staff correct a parcel's number; keyed by the new one."""
        route = "POST /v1/admin/orders/{order_no}/parcels/{parcel}/correction"
        path = {"order_no": order_no, "parcel": parcel}
        body = {"company": company, "tracking_no": tracking_no}
        return self._send("one", route, f"to-{tracking_no}", body, path, folder="fulfilment")

    def second(self, approval_id: str, how: str = "approve", who: str = "two") -> Answer:
        """Another member of staff decides."""
        route = f"POST /v1/admin/approvals/{{approval_id}}/{how}"
        path, body = {"approval_id": approval_id}, {"reason": "同意"}
        return self._send(who, route, f"{how}-{approval_id[:16]}", body, path, folder="staff")

    def prints(self, key: str, order_no: str) -> Answer:
        """Staff ask for the one waybill of an order."""
        body = {"company": "zhongtong", "orders": [{"order_no": order_no}]}
        return self._send("one", "POST /v1/admin/waybills", key, body, folder="waybill")

    def _send(
        self,
        who: str,
        route: str,
        key: str,
        body: object = None,
        path: Mapping[str, str] | None = None,
        *,
        folder: str = "refunds",
    ) -> Answer:
        token = issue_staff(self.ring, who, "s", now=self.shop.now, jti=who)
        headers = {"authorization": f"Bearer {token}"}
        headers |= {"idempotency-key": f"{key}-{who}"} if key else {}
        return self.shop.call(folder, route, path=path, body=body, headers=headers)


def _lines(lines: Mapping[int, int]) -> list[dict[str, object]]:
    return [{"line_id": str(at), "quantity": pieces} for at, pieces in lines.items()]
