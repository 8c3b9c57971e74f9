"""The stateful model: buyers, WeChat, staff and time at random, against an account of our own.

Every answer is predicted, after every step stock and money are compared to the fen, and when a run
ends everything is brought to rest and all invariants are checked.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.proving.aftermath import NEXT_PERIOD_SECONDS, rest
from tests.proving.cases.counter import Counter
from tests.proving.cases.pairs import claim
from tests.proving.cases.stage import notice
from tests.proving.expected import (
    CLOSED,
    DONE,
    PAID,
    QUOTE_SECONDS,
    SHIPPED,
    WAITING,
    Account,
    Order,
    Quote,
)
from tests.proving.faults import Kind
from tests.proving.invariants import broken, tables_of, totals
from tests.proving.refund_model import Refunding
from tests.proving.shop import Answer, Moment, Shop, forget_process, forget_seen

SKUS: list[tuple[int, int, int | None]] = [(12_800, 6, None), (990, 3, None), (3_000, 12, 3)]
FLASH_SKU, FLASH_PRICE, UNITS, PER_CUSTOMER, SALE_SECONDS = "p1-1", 990, 3, 1, 3_600
COUPON_FEN = 500
NAMES = ("wang", "li", "zhao")
HTTP_TROUBLE = (Kind.LOST, Kind.UNSENT, Kind.BROKEN, Kind.GARBAGE, Kind.TOO_MANY)
_LATER = st.sampled_from((1, 4, 20, 100, 290, 310, 600, 905, 1_900))
who = st.sampled_from(NAMES)


class Shopping(Refunding):
    """One random history of a small shop."""

    base: ClassVar[Moment]
    steps: ClassVar[int] = 0

    quotes: Bundle[Quote] = Bundle("quotes")
    orders = Refunding.orders

    def __init__(self) -> None:
        super().__init__()
        self.shop.back_to(self.base, fresh=False)
        self.initial = totals(self.shop)
        self.skus = [f"p1-{number}" for number in range(1, len(SKUS) + 1)]
        available = {sku: stock for sku, (_, stock, _) in zip(self.skus, SKUS, strict=True)}
        available[FLASH_SKU] -= UNITS
        self.account = Account(
            available=available,
            prices={sku: (price, 1) for sku, (price, _, _) in zip(self.skus, SKUS, strict=True)},
            limits={
                sku: limit for sku, (_, _, limit) in zip(self.skus, SKUS, strict=True) if limit
            },
            free=UNITS,
            per_customer=PER_CUSTOMER,
            sale_ends=self.shop.now + SALE_SECONDS,
        )

    # ------------------------------------------------------------ buyers

    @rule(
        target=quotes,
        who=who,
        sku=st.integers(0, 2),
        quantity=st.integers(1, 3),
        coupon=st.booleans(),
    )
    def quote(self, who: str, sku: int, quantity: int, coupon: bool) -> Any:
        """A quote; one that nothing stands in the way of makes a token."""
        name, account = self.skus[sku], self.account
        price, version = account.prices[name]
        mine = self._claim_of(who) if coupon else None
        usable = mine is None or account.claims[mine] is None
        fits = account.available[name] >= quantity and account.within_limit(who, name, quantity)
        if not (usable and fits):
            return multiple()
        claims = (mine.partition(":")[2],) if mine else ()
        text = self.shop.quote_token(self.buyer(who), {name: quantity}, claims)
        payable = price * quantity - min(COUPON_FEN if mine else 0, price * quantity - 1)
        until = self.shop.now + QUOTE_SECONDS
        return Quote(text, who, name, quantity, payable, version, mine, until)

    def _claim_of(self, who: str) -> str:
        answer = claim(self.shop, self.buyer(who), "k-model", f"key-{who}")
        assert answer.status == 201, answer
        name = f"{who}:{answer.body['claim_id']}"
        self.account.claims.setdefault(name, None)
        return name

    @rule(target=orders, quote=quotes, trouble=st.sampled_from((None, None, None, *HTTP_TROUBLE)))
    def place(self, quote: Quote, trouble: Kind | None) -> Any:
        """An order, or the order that was made, or the contract's refusal; WeChat may be away."""
        before = self.account.orders.get(quote.order or "")
        refusal = None if before else self.account.refusal(quote, self.shop.now)
        needs_wechat = before is None or (
            before.state == WAITING and before.payment is None and self.shop.now < before.pay_before
        )
        buyer = self.buyer(quote.who)
        answer = self._in_trouble(trouble, lambda: self.shop.place(buyer, quote.text))
        if refusal:
            self.expect(answer, 409, refusal)
            return multiple()
        if trouble and needs_wechat:
            self.expect(answer, 503)
        else:
            self.expect(answer, 200 if before else 201)
        order = before or self._new(quote)
        if answer.status < 300:
            self._shown(answer, order)
        return multiple() if before else order

    def _new(self, quote: Quote) -> Order:
        known = self.account.orders
        row = next(one for one in tables_of(self.shop).orders if one.number not in known)
        return self.account.place(quote, row.number, row.row["pb"])

    @rule(target=orders, who=who)
    def flash(self, who: str) -> Any:
        """A ticket and its order."""
        if self.shop.now >= self.account.sale_ends:
            return multiple()
        forget_seen()
        refusal = self.account.flash_refusal(who, self.shop.now)
        buyer = self.buyer(who)
        ticket = self.shop.ticket(buyer, "f-model")
        answer = self.shop.place_flash(buyer, "f-model", ticket)
        if refusal:
            self.expect(answer, 409, refusal)
            return multiple()
        self.expect(answer, 201)
        pay_before = self.shop.now + 300
        number = answer.order_no
        order = self.account.place_flash(who, FLASH_SKU, number, FLASH_PRICE, pay_before)
        self._shown(answer, order)
        again = self.shop.place_flash(buyer, "f-model", ticket)
        self.expect(again, 200)
        self._shown(again, order)
        return order

    @rule(
        target=orders,
        who=who,
        sku=st.integers(0, 2),
        quantity=st.integers(2, 3),
        back=st.integers(0, 2),
    )
    def buy(self, who: str, sku: int, quantity: int, back: int) -> Any:
        """Quoted, ordered, paid and told in one go; some pieces are asked back and granted."""
        quote = self.quote(who=who, sku=sku, quantity=quantity, coupon=False)
        order = self.place(quote=quote, trouble=None) if isinstance(quote, Quote) else None
        if not isinstance(order, Order):
            return multiple()
        self.pay(order=order, notify=True)
        self.notices()
        if back:
            self.ask_back(order=order, pieces=back, at_once=True)
        return order

    @rule(order=orders)
    def ask(self, order: Order) -> None:
        """Payment parameters again, or "I have paid"."""
        self.shop.world.clock.advance(4)
        now = self.shop.now
        answer = self.shop.ask_payment(self.buyer(order.who), order.number)
        if order.there == "SUCCESS" and order.state in {WAITING, CLOSED}:
            self.account.paid(order, now)
        if order.state in {PAID, SHIPPED, DONE} or (
            order.state == WAITING and now < order.pay_before
        ):
            self.expect(answer, 200)
            self._shown(answer, order)
        else:
            self.expect(answer, 409, "order_not_payable")

    @rule(order=orders)
    def cancel(self, order: Order) -> None:
        """The buyer cancels, whatever state it is in."""
        self.taken_on()
        answer = self.shop.cancel(self.buyer(order.who), order.number)
        if order.state in {SHIPPED, DONE}:
            self.expect(answer, 409, "order_not_cancellable")
            return
        if order.state == WAITING and order.there == "SUCCESS":
            self.account.paid(order, self.shop.now)
        if order.state == WAITING:
            self.account.close(order)
        elif order.state == PAID:
            self.account.cancel_paid(order)
        self.taken_on()
        self.expect(answer, 200)
        assert answer.body["status"] == order.state, answer

    # ------------------------------------------------------------ WeChat

    @rule(order=orders, notify=st.booleans())
    def pay(self, order: Order, notify: bool) -> None:
        """The buyer confirms in WeChat's sheet; the notice may be lost."""
        if order.payment is None:
            return
        payable = order.there == "NOTPAY" and self.shop.now <= order.pay_before
        status = self.shop.pay_now(self.buyer(order.who), order.payment, notify=notify)
        assert (status == 200) == payable, f"WeChat said {status} for {order}"
        if payable:
            order.there = "SUCCESS"
            if notify:
                self.account.told.append(order)

    @rule(order=orders)
    def pay_too_late(self, order: Order) -> None:
        """WeChat takes the money although it had closed the order."""
        if order.there != "CLOSED" or order.payment is None:
            return
        theirs = self.shop.pay._ledger.orders[order.number]
        theirs.state = "NOTPAY"
        self.shop.pay._buyer.settle(theirs)
        order.there = "SUCCESS"
        self.account.told.append(order)

    @rule()
    def notices(self) -> None:
        """What WeChat owes arrives."""
        self.shop.deliver_due()
        self.account.hear(self.shop.now)

    @rule(order=orders)
    def notice_again(self, order: Order) -> None:
        """A notice comes once more, early or late."""
        if order.there == "SUCCESS":
            assert notice(self.shop, order.number).status == 204
            self.account.paid(order, self.shop.now)

    # ------------------------------------------------------------ staff and time

    @rule(order=orders)
    def ship_or_receive(self, order: Order) -> None:
        """Staff ship what is paid; the buyer confirms what is shipped."""
        from shop.domain.ids import CustomerId
        from shop.usecases import fulfil

        buyer = self.buyer(order.who)
        if order.state == PAID:
            fulfil.ship(
                CustomerId(buyer.customer_id), order.number, "shunfeng", "SF1000000001",
                actor="staff", now=self.shop.now,
            )  # fmt: skip
            order.state = SHIPPED
        elif order.state == SHIPPED:
            self.expect(
                self.shop.order("POST /v1/orders/{order_no}/receipt", buyer, order.number), 200
            )
            order.state = DONE

    @rule(sku=st.integers(0, 2), price=st.integers(600, 20_000))
    def reprice(self, sku: int, price: int) -> None:
        """A price changes; quotes made before are good for nothing."""
        name = self.skus[sku]
        old, version = self.account.prices[name]
        if price == old:
            return
        self.account.prices[name] = (price, version + 1)
        self.shop.put_product(
            "p1",
            [
                (self.account.prices[name][0], stock, limit)
                for name, (_, stock, limit) in zip(self.skus, SKUS, strict=True)
            ],
        )

    @rule(seconds=_LATER)
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.shop.world.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        """The schedule fires."""
        self.taken_on()
        self.shop.sweep()
        self._swept(self.shop.now)

    def _swept(self, now: int) -> None:
        """Refunds and sales take turns, minute by minute, at who goes first."""
        if now // 60 % 2:
            self.account.sweep(now, FLASH_SKU)
            self.taken_on()
        else:
            self.taken_on()
            self.account.sweep(now, FLASH_SKU)

    @rule()
    def pump(self) -> None:
        """The stream is delivered."""
        self.shop.pump()

    # ------------------------------------------------------------ what must hold

    @invariant()
    def both_agree(self) -> None:
        """Stock, states and money are as the account says, and no promise is broken."""
        type(self).steps += 1
        self.taken_on()
        tables, account = tables_of(self.shop), self.account
        assert {sku: row["av"] for sku, row in tables.skus.items()} == account.available
        assert sum(row["f"] for row in tables.shards.values()) == account.free
        assert {one.number: one.status for one in tables.orders} == {
            order.number: order.state for order in account.orders.values()
        }
        lines = broken(self.shop, self.initial)
        assert not lines, lines

    def teardown(self) -> None:
        """Everything comes to rest: both ledgers must be equal to the fen."""
        self.notices()
        for _ in range(2):
            # A minute between two refunds of an order.
            self.shop.pump()
            self.shop.world.clock.advance(NEXT_PERIOD_SECONDS)
            self.shop.sweep()
            self._swept(self.shop.now)
        rest(self.shop)
        account, now = self.account, self.shop.now
        for moment in (now - NEXT_PERIOD_SECONDS, now):
            account.sweep(moment, FLASH_SKU)
            account.hear(moment)
        self.taken_on()
        lines = broken(self.shop, self.initial, at_rest=True)
        assert not lines, lines
        for order in tables_of(self.shop).orders:
            assert order.status == account.orders[order.number].state, order
        there = self.shop.pay.ledger()["totals"]
        assert there["paid_fen"] - there["refunded_fen"] == account.received, there

    # ------------------------------------------------------------ helpers

    def _in_trouble(self, trouble: Kind | None, act: Callable[[], Answer]) -> Answer:
        if trouble is None:
            return act()
        self.shop.world.faults.when(lambda _, call: trouble if call.kind == "http" else None)
        try:
            answer = act()
        finally:
            self.shop.world.faults.none()
            # The next caller meets another process, without the breaker that this one opened.
            forget_process()
        return answer

    def _shown(self, answer: Answer, order: Order) -> None:
        shown = answer.body["order"]
        assert shown["order_no"] == order.number
        assert shown["amounts"]["payable_fen"] == order.payable, shown
        payable = order.state == WAITING and self.shop.now < order.pay_before
        assert (answer.payment is not None) == payable, answer
        order.payment = answer.payment or order.payment


def explore(shop: Shop, *, seed: int, runs: int, steps: int, shrink: bool = True) -> int:
    """Runs the model; returns how many steps it made.

    Raises:
        AssertionError: Both sides differ; the shortest history that shows it is printed.
    """
    shop.put_product("p1", SKUS)
    shop.put_coupon("k-model", amount_fen=COUPON_FEN)
    shop.put_sale("f-model", FLASH_SKU, UNITS, per_customer=PER_CUSTOMER, seconds=SALE_SECONDS)
    shop.pump()
    counter = Counter(shop)
    Shopping.shop, Shopping.counter = shop, counter
    Shopping.base, Shopping.steps = shop.moment(), 0
    Shopping._hypothesis_internal_use_seed = seed
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    run_state_machine_as_test(
        Shopping,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Shopping.steps
