"""Orders and shipments by staff."""

from tests.integration.functions.desk.people import send


def test_an_order_that_is_not_there_is_not_found(token: str) -> None:
    shipment = {"company": "shunfeng", "tracking_no": "SF1234567890"}
    route = "/v1/admin/orders/{order_no}"
    for order_no in ("x", "0" * 25, "z" * 64):
        assert send(token, f"GET {route}", order_no=order_no).status == 404
        shipped = send(token, f"POST {route}/shipments", shipment, "k1", order_no=order_no)
        assert shipped.status == 404
    assert send(token, "GET /v1/admin/orders").body["items"] == []
