"""Journey 5: the money is paid, and the notice never comes."""

from typing import Any

from scripts.demo.journeys.buying import buy
from scripts.demo.report import Section
from scripts.demo.world import World

KEY, TITLE = "j5", "5 · Lost notice: the buyer's 'I have paid' finds the payment"
BASKET = {"p0004-1": 1}
# The shop asks WeChat about one order every 3 s at most.
PAUSE_SECONDS = 3.1


def run(world: World, section: Section) -> None:
    """Walks the journey."""
    shopper = world.signed_in("worried")
    purchase = buy(shopper, BASKET)
    number = purchase.order_no
    transaction_id = world.pay(shopper, purchase.payment, notify=False)
    world.say(KEY, f"order {number} is paid; WeChat keeps the notice to itself")
    section.exactly("status while no notice came", "TO_PAY", shopper.order(number)["status"])
    attempts = [each["attempts"] for each in world.wechatpay.notices(number)]
    section.exactly("notices sent", [[]], attempts)

    presses = 0

    def press() -> dict[str, Any]:
        nonlocal presses
        presses += 1
        answer = shopper.expect(200, "POST", f"/v1/orders/{number}/payment")
        return dict(answer.get("order") or answer)

    found = world.until(
        "the payment to be found", press, lambda order: order["status"] == "TO_SHIP", 20.0,
        PAUSE_SECONDS,
    )  # fmt: skip
    section.exactly("status after 'I have paid'", "TO_SHIP", found["status"])
    section.note("times the button was pressed", presses)
    books = world.wechatpay.books(number)
    section.exactly("payments in WeChat Pay's books", [transaction_id],
                    [one["transaction_id"] for one in books["payments"]])  # fmt: skip

    before = shopper.order_as_sent(number)
    late = world.wechatpay.send_notice(number)
    section.exactly("the notice, days late: answer", [204], late)
    section.exactly("order unchanged by it", True, shopper.order_as_sent(number) == before)
