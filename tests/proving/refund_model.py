"""The stateful model's part about refunds: asked by buyers, decided by one or two of the staff."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from tests.proving.cases.counter import LIMIT_FEN, Counter
from tests.proving.expected import GRANTED, REFUSED, REQUESTED, Account, Order, Refund
from tests.proving.shop import Answer, Buyer, Shop


class Refunding(RuleBasedStateMachine):
    """Rules about refunds; the shop around them is `tests.proving.model`."""

    shop: ClassVar[Shop]
    counter: ClassVar[Counter]
    account: Account
    orders: Bundle[Order] = Bundle("orders")
    refunds: Bundle[Refund] = Bundle("refunds")

    @rule(target=refunds, order=orders, pieces=st.integers(1, 3), at_once=st.booleans())
    def ask_back(self, order: Order, pieces: int, at_once: bool) -> Any:
        """The buyer asks pieces back, twice under one key; staff may say yes at once."""
        self.taken_on()
        refusal = self.account.refund_refusal(order, pieces)
        key = f"ask-{len(order.refunds)}"
        answer = self.counter.ask(self.buyer(order.who), order.number, {1: pieces}, key)
        if refusal:
            self.expect(answer, 409, refusal)
            return multiple()
        self.expect(answer, 201)
        refund = self.account.ask_back(order, pieces, str(answer.body["refund_no"]))
        assert answer.body["amount_fen"] == refund.worth, (answer, refund)
        again = self.counter.ask(self.buyer(order.who), order.number, {1: pieces}, key)
        assert again.body == answer.body, (again, answer)
        if at_once:
            self.approve(refund=refund, who="one", part=1)
        return refund

    @rule(refund=refunds, who=st.sampled_from(("one", "two")), part=st.sampled_from((1, 1, 2)))
    def approve(self, refund: Refund, who: str, part: int) -> None:
        """Staff let the money go back, all or half of it; a large sum needs both of them."""
        self._staff_look()
        if refund.state == REQUESTED and self.account.under_way(refund.order):
            # WeChat wants a minute between two; how that goes is shown elsewhere.
            return
        amount = max(1, refund.worth // part)
        if (who, "approve") in refund.decisions:
            return
        answer = self.counter.decide(refund.number, who=who, amount=amount)
        if refund.state != REQUESTED:
            self.expect(answer, 409, "refund_decided")
            return
        self.expect(answer, 200)
        refund.decisions.add((who, "approve"))
        granted = sum(one.amount for one in refund.order.refunds if one.state == GRANTED)
        large = granted + amount > LIMIT_FEN
        assert (answer.body["approval_id"] is not None) == large, answer
        if large:
            other = "two" if who == "one" else "one"
            self.expect(self.counter.second(answer.body["approval_id"], who=other), 200)
        self.account.grant(refund, amount)

    @rule(refund=refunds, who=st.sampled_from(("one", "two")))
    def refuse(self, refund: Refund, who: str) -> None:
        """Staff let it not go back."""
        self._staff_look()
        if (who, "refuse") in refund.decisions:
            return
        answer = self.counter.decide(refund.number, "refuse", who=who)
        if refund.state != REQUESTED:
            self.expect(answer, 409, "refund_decided")
            return
        self.expect(answer, 200)
        refund.decisions.add((who, "refuse"))
        refund.state = REFUSED

    def _staff_look(self) -> None:
        """Staff find an order once the stream has told of it."""
        self.shop.pump()
        self.taken_on()

    def taken_on(self) -> None:
        """WeChat's own books say which refunds it has taken on."""
        self.account.accept({one["out_refund_no"] for one in self.shop.pay.ledger()["refunds"]})

    def buyer(self, name: str) -> Buyer:
        return self.shop.buyer(name)

    def expect(self, answer: Answer, status: int, code: str | None = None) -> None:
        found = (answer.status, answer.body.get("code") if code else None)
        assert found == (status, code), f"{answer}, expected {status} {code}"
