"""Messages fit what WeChat lets a value be, as the emulator has it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.emulators.wechat.messages import RULES
from shop.domain.messages import FACTS, Fact, MessageKind, MessageTemplate, check, fit, render

NUMBERS = {Fact.AMOUNT, Fact.TIME}
KINDS = ["thing", "character_string", "phrase", "name", "amount", "time", "date"]


def can_hold(kind: str, fact: Fact) -> bool:
    try:
        check(message_of(fact), MessageTemplate("t", {f"{kind}1": fact}))
    except ValueError:
        return False
    return True


def message_of(fact: Fact) -> MessageKind:
    return next(kind for kind, facts in FACTS.items() if fact in facts)


@given(st.text(), st.sampled_from(sorted(set(Fact) - NUMBERS)), st.sampled_from(KINDS))
def test_any_text_fits_where_it_may_stand(text: str, fact: Fact, kind: str) -> None:
    if can_hold(kind, fact):
        assert re.fullmatch(RULES[kind], fit(f"{kind}1", fact, text)), text


@given(st.integers(0, 10**12), st.sampled_from(KINDS))
def test_any_amount_fits(fen: int, kind: str) -> None:
    if can_hold(kind, Fact.AMOUNT) and fen < 10**9:
        assert re.fullmatch(RULES[kind], fit(f"{kind}2", Fact.AMOUNT, fen))


@given(st.integers(0, 4_000_000_000), st.sampled_from(KINDS))
def test_any_time_fits(seconds: int, kind: str) -> None:
    if can_hold(kind, Fact.TIME):
        assert re.fullmatch(RULES[kind], fit(f"{kind}3", Fact.TIME, seconds))


def test_values_read_as_they_should() -> None:
    assert fit("amount2", Fact.AMOUNT, 12_805) == "¥128.05"
    assert fit("time3", Fact.TIME, 1_790_000_000) == "2026-09-21 22:13"
    assert fit("thing1", Fact.GOODS, "明前\n 云雾绿茶×1") == "明前 云雾绿茶×1"
    assert fit("thing1", Fact.GOODS, "茶" * 21) == "茶" * 19 + "…"
    assert fit("thing1", Fact.GOODS, " ") == "无"
    assert fit("character_string1", Fact.ORDER_NO, "1xR6zg1ggj") == "1xR6zg1ggj"
    assert fit("phrase1", Fact.REASON, "超时未支付!!") == "超时未支付"


def test_a_message_is_filled_and_opens_its_order() -> None:
    template = MessageTemplate(
        "T1", {"amount2": Fact.AMOUNT, "thing1": Fact.GOODS}, "pages/order?no={order_no}"
    )
    check(MessageKind.PAID, template)
    page, values = render(template, {Fact.AMOUNT: 100, Fact.GOODS: "茶", Fact.ORDER_NO: "1x"})
    assert (page, values) == ("pages/order?no=1x", {"amount2": "¥1.00", "thing1": "茶"})


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        (MessageKind.PAID, MessageTemplate("", {"amount2": Fact.AMOUNT})),
        (MessageKind.PAID, MessageTemplate("T", {})),
        (MessageKind.PAID, MessageTemplate("T", {"amount2": Fact.COUPON})),
        (MessageKind.PAID, MessageTemplate("T", {"amount2": Fact.TIME})),
        (MessageKind.PAID, MessageTemplate("T", {"car_number2": Fact.GOODS})),
        (MessageKind.PAID, MessageTemplate("T", {"thing2": Fact.TIME})),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(
    kind: MessageKind, template: MessageTemplate
) -> None:
    with pytest.raises(ValueError, match=kind):
        check(kind, template)
