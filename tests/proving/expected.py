"""What the shop must answer and hold, worked out without it: the stateful model's other side.

A plain account of stock, orders, coupons and money that knows the rules of the contract and nothing
of the store. Amounts in fen, times in UTC seconds.
"""

from dataclasses import dataclass, field

WAITING, PAID, SHIPPED, DONE, CLOSED = "TO_PAY", "TO_SHIP", "TO_RECEIVE", "DONE", "CLOSED"
CLOSING = "CLOSING"
REQUESTED, GRANTED, REFUSED = "REQUESTED", "GRANTED", "REFUSED"
MOST_ASKED = 20
GRACE_SECONDS = 5
QUOTE_SECONDS = 300


@dataclass
class Quote:
    """A quote token and what it promises."""

    text: str
    who: str
    sku: str
    quantity: int
    payable: int
    price_version: int
    claim: str | None
    expires_at: int
    order: str | None = None


@dataclass
class Refund:
    """A refund of pieces as it must be."""

    number: str
    order: "Order"
    pieces: int
    worth: int
    amount: int
    state: str = REQUESTED
    stopped: int = 0
    accepted: bool = False
    """Whether WeChat has taken it on; what was stopped is back then."""
    decisions: set[tuple[str, str]] = field(default_factory=set)
    """Who has decided what, under a key of theirs."""


@dataclass
class Order:
    """An order as it must be."""

    number: str
    who: str
    sku: str
    quantity: int
    payable: int
    pay_before: int
    claim: str | None = None
    sale: bool = False
    state: str = WAITING
    there: str = "NOTPAY"
    """What WeChat holds of it: NOTPAY, SUCCESS, CLOSED."""
    heard: bool = False
    """Whether the payment has come to the shop's knowledge."""
    refunded: bool = False
    payment: dict[str, str] | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Pieces that nobody has asked back."""
        return self.quantity - sum(one.pieces for one in self._standing)

    @property
    def kept(self) -> int:
        """Pieces that are not in the stock again."""
        return self.quantity - sum(one.stopped for one in self._standing if one.accepted)

    @property
    def _standing(self) -> list[Refund]:
        return [one for one in self.refunds if one.state != REFUSED]

    def worth(self, pieces: int) -> int:
        """What so many of the pieces that are left were paid with."""
        rest = self.payable - sum(one.worth for one in self._standing)
        return rest * pieces // self.left


@dataclass
class Account:
    """Everything there is."""

    available: dict[str, int]
    prices: dict[str, tuple[int, int]]
    limits: dict[str, int]
    free: int
    per_customer: int
    sale_ends: int
    orders: dict[str, Order] = field(default_factory=dict)
    claims: dict[str, str | None] = field(default_factory=dict)
    """Claim id of each customer (one each) to the order that holds or has used it."""
    attempts: dict[str, int] = field(default_factory=dict)
    told: list[Order] = field(default_factory=list)
    """Orders of whose payment WeChat owes, or has sent, a notice; in the order of payment."""

    def bought(self, who: str, sku: str) -> int:
        """Pieces of a SKU that live ordinary orders of a customer hold."""
        return sum(
            order.kept
            for order in self.orders.values()
            if (order.who, order.sku, order.sale) == (who, sku, False) and order.state != CLOSED
        )

    def within_limit(self, who: str, sku: str, quantity: int) -> bool:
        """Whether a customer may have so many more."""
        limit = self.limits.get(sku)
        return limit is None or self.bought(who, sku) + quantity <= limit

    def refusal(self, quote: Quote, now: int) -> str | None:
        """Why a quote can make no order now, by the contract's code."""
        if now >= quote.expires_at:
            return "quote_expired"
        if self.prices[quote.sku][1] != quote.price_version:
            return "quote_changed"
        if self.available[quote.sku] < quote.quantity:
            return "insufficient_stock"
        if quote.claim and self.claims[quote.claim] is not None:
            return "coupon_unavailable"
        if not self.within_limit(quote.who, quote.sku, quote.quantity):
            return "purchase_limit_reached"
        return None

    def place(self, quote: Quote, number: str, pay_before: int) -> Order:
        """A quote has made its order."""
        quote.order = number
        order = Order(
            number, quote.who, quote.sku, quote.quantity, quote.payable, pay_before, quote.claim
        )
        self.orders[number] = order
        self._take(order)
        return order

    def flash_units(self, who: str) -> int:
        """Units of the sale that a customer holds in it."""
        return sum(
            order.kept
            for order in self.orders.values()
            if order.sale and order.who == who and order.state != CLOSED
        )

    def flash_refusal(self, who: str, now: int) -> str | None:
        """Why a new ticket can make no order now."""
        if now >= self.sale_ends:
            return "sale_not_running"
        if self.free < 1:
            return "sold_out"
        if self.flash_units(who) >= self.per_customer or self.attempts.get(who, 0) >= 3:
            return "limit_reached"
        return None

    def place_flash(self, who: str, sku: str, number: str, payable: int, pay_before: int) -> Order:
        """A ticket has made its order."""
        order = Order(number, who, sku, 1, payable, pay_before, sale=True)
        self.orders[number] = order
        self.attempts[who] = self.attempts.get(who, 0) + 1
        self.free -= 1
        return order

    def paid(self, order: Order, now: int) -> None:
        """The shop learns of a payment, whatever the order has become."""
        if order.heard:
            return
        order.heard = True
        if order.state == WAITING:
            order.state = PAID
        elif order.state == CLOSED and self._can_revive(order, now):
            order.state = PAID
            self._take_again(order, now)
        elif order.state == CLOSED:
            order.refunded = True

    def _can_revive(self, order: Order, now: int) -> bool:
        if not order.sale:
            return (
                self.available[order.sku] >= order.quantity
                and self.within_limit(order.who, order.sku, order.quantity)
                and (order.claim is None or self.claims[order.claim] is None)
            )
        in_sku = self.available[order.sku] if now >= self.sale_ends else 0
        return (
            max(self.free, in_sku) >= order.quantity
            and self.flash_units(order.who) + order.quantity <= self.per_customer
        )

    def _take(self, order: Order) -> None:
        self.available[order.sku] -= order.quantity
        if order.claim:
            self.claims[order.claim] = order.number

    def _take_again(self, order: Order, now: int) -> None:
        if not order.sale:
            self._take(order)
        elif self.free >= order.quantity:
            self.free -= order.quantity
            self.attempts[order.who] += 1
        else:
            self.available[order.sku] -= order.quantity

    def close(self, order: Order) -> None:
        """An order that waits for money ends without it."""
        order.state, order.there = CLOSED, "CLOSED" if order.there == "NOTPAY" else order.there
        self._give_back(order, order.quantity)
        if order.claim:
            self.claims[order.claim] = None

    def refund_refusal(self, order: Order, pieces: int) -> str | None:
        """Why pieces cannot be asked back now, by the contract's code."""
        if order.state not in {PAID, SHIPPED, DONE}:
            return "not_refundable"
        if len(order.refunds) >= MOST_ASKED:
            return "refund_limit_reached"
        if pieces > order.left:
            return "refund_exceeds_rest"
        return None if order.worth(pieces) else "nothing_to_refund"

    def ask_back(self, order: Order, pieces: int, number: str) -> Refund:
        """The buyer asks pieces back, or a cancellation takes them."""
        worth = order.worth(pieces)
        refund = Refund(number, order, pieces, worth, worth)
        order.refunds.append(refund)
        return refund

    def grant(self, refund: Refund, amount: int) -> None:
        """Staff let the money go back; what was not shipped stays here."""
        order = refund.order
        refund.state, refund.amount = GRANTED, amount
        if order.state == PAID:
            refund.stopped = refund.pieces
            if sum(one.stopped for one in order.refunds) == order.quantity:
                order.state = CLOSING

    def cancel_paid(self, order: Order) -> None:
        """A paid order is cancelled: what waits is refused, all that is left goes back."""
        for one in order.refunds:
            if one.state == REQUESTED:
                one.state = REFUSED
        number = f"{order.number}-{len(order.refunds) + 1}"
        self.grant(self.ask_back(order, order.left, number), order.refunds[-1].worth)

    def accept(self, there: set[str]) -> None:
        """What WeChat has taken on brings its pieces back; a coupon of a paid order stays used."""
        for order in self.orders.values():
            for one in order.refunds:
                if one.state == GRANTED and not one.accepted and one.number in there:
                    one.accepted = True
                    self._give_back(order, one.stopped)
            if order.state == CLOSING and not order.kept:
                order.state = CLOSED

    def under_way(self, order: Order) -> bool:
        """Whether WeChat has yet to take on a refund of this order."""
        return any(one.state == GRANTED and not one.accepted for one in order.refunds)

    def _give_back(self, order: Order, pieces: int) -> None:
        if order.sale:
            # After its sale's end too: the sweep moves them on to the SKU.
            self.free += pieces
        else:
            self.available[order.sku] += pieces

    def hear(self, now: int) -> None:
        """All notices that WeChat owes arrive, the oldest first."""
        for order in self.told:
            self.paid(order, now)

    def sweep(self, now: int, sale_sku: str) -> None:
        """What the schedule must bring about."""
        free = self.free
        for order in list(self.orders.values()):
            if order.state == WAITING and now >= order.pay_before + GRACE_SECONDS:
                if order.there == "SUCCESS":
                    self.paid(order, now)
                else:
                    self.close(order)
        if now >= self.sale_ends:
            # What this very sweep frees waits for the next one.
            self.available[sale_sku] += free
            self.free -= free

    @property
    def received(self) -> int:
        """Fen that WeChat has taken and not given back."""
        return sum(
            order.payable - sum(one.amount for one in order.refunds if one.accepted)
            for order in self.orders.values()
            if order.there == "SUCCESS" and not order.refunded
        )
