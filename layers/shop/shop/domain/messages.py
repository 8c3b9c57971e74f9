"""Subscribe messages: what the shop tells a buyer, within what WeChat lets a value be.

The kind of a value is the front of its key (`thing2` is a `thing`), as in the template that staff
chose in WeChat's console (`providers` 1.5).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from shop.domain.calendar import SHANGHAI

MOST_YUAN_DIGITS = 10
LONGEST_THING = 20
LONGEST_WORD = 32
LONGEST_PHRASE = 5
LONGEST_NAME = 10
NOTHING = "无"
"""In the place of a text that is empty: WeChat refuses empty values."""


class MessageKind(StrEnum):
    """What there is to tell; the `template` of `PUT /v1/me/subscriptions`."""

    PAID = "paid"
    SHIPPED = "shipped"
    SIGNED = "signed"
    CLOSED = "closed"
    REFUNDED = "refunded"
    COUPON_ENDING = "coupon_ending"
    RECEIPT_ENDING = "receipt_ending"


class Fact(StrEnum):
    """What a value of a message can be filled with."""

    ORDER_NO = "order_no"
    GOODS = "goods"
    AMOUNT = "amount"
    TIME = "time"
    COURIER = "courier"
    TRACKING_NO = "tracking_no"
    REASON = "reason"
    COUPON = "coupon"


FACTS: Mapping[MessageKind, frozenset[Fact]] = {
    MessageKind.PAID: frozenset({Fact.ORDER_NO, Fact.GOODS, Fact.AMOUNT, Fact.TIME}),
    MessageKind.SHIPPED: frozenset(
        {Fact.ORDER_NO, Fact.GOODS, Fact.COURIER, Fact.TRACKING_NO, Fact.TIME}
    ),
    MessageKind.SIGNED: frozenset(
        {Fact.ORDER_NO, Fact.GOODS, Fact.COURIER, Fact.TRACKING_NO, Fact.TIME}
    ),
    MessageKind.CLOSED: frozenset({Fact.ORDER_NO, Fact.GOODS, Fact.AMOUNT, Fact.REASON, Fact.TIME}),
    MessageKind.REFUNDED: frozenset({Fact.ORDER_NO, Fact.AMOUNT, Fact.REASON, Fact.TIME}),
    MessageKind.COUPON_ENDING: frozenset({Fact.COUPON, Fact.TIME}),
    MessageKind.RECEIPT_ENDING: frozenset({Fact.ORDER_NO, Fact.GOODS, Fact.TIME}),
}
Value = str | int
Facts = Mapping[Fact, Value]
"""Amounts in fen, times in UTC seconds, the rest text."""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One template of WeChat's console.

    Attributes:
        id: WeChat's id of it.
        fields: Which fact fills which of its keys, such as `{"amount2": "amount"}`.
        page: What opens; `{order_no}` in it stands for the order's number. May be "".
    """

    id: str
    fields: Mapping[str, Fact] = field(default_factory=dict)
    page: str = ""


def check(kind: MessageKind, template: MessageTemplate) -> None:
    """Check that a template can be filled.

    Raises:
        ValueError: A key is of a kind that the shop cannot fill, or a fact is not known then.
    """
    if not template.id or not template.fields:
        raise ValueError(f"{kind}: a template needs an id and fields")
    for key, fact in template.fields.items():
        if fact not in FACTS[kind]:
            raise ValueError(f"{kind}: {fact} is not known then")
        fitting = _FITS_NUMBER.get(fact, _FITS_TEXT)
        if _kind_of(key) not in fitting:
            raise ValueError(f"{kind}: {key} cannot hold {fact}")


def render(template: MessageTemplate, facts: Facts) -> tuple[str, dict[str, str]]:
    """The page and the values of one message."""
    page = template.page.replace("{order_no}", str(facts.get(Fact.ORDER_NO, "")))
    return page, {key: fit(key, fact, facts[fact]) for key, fact in template.fields.items()}


def fit(key: str, fact: Fact, value: Value) -> str:
    """A fact as WeChat takes it under that key.

    Raises:
        KeyError: `check` would have refused it.
    """
    kind = _kind_of(key)
    if fact in _FITS_NUMBER:
        return _FITS_NUMBER[fact][kind](int(value))
    return _FITS_TEXT[kind](str(value))


def _kind_of(key: str) -> str:
    return key.rstrip("0123456789")


def _amount(fen: int) -> str:
    return f"¥{yuan}" if len(yuan := f"{fen // 100}.{fen % 100:02d}") <= MOST_YUAN_DIGITS else "¥-"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _thing(text: str) -> str:
    tidy = " ".join(text.split())
    return _cut(tidy, LONGEST_THING)


def _word(text: str) -> str:
    plain = re.sub(r"[^\x21-\x7e]", "", text)
    return plain[:LONGEST_WORD] or "-"


def _phrase(text: str) -> str:
    return re.sub(r"[^\u3400-\u9fff]", "", text)[:LONGEST_PHRASE] or NOTHING


def _name(text: str) -> str:
    return re.sub(r"[^\u3400-\u9fff·]", "", text)[:LONGEST_NAME] or NOTHING


def _cut(text: str, longest: int) -> str:
    if not text:
        return NOTHING
    return text if len(text) <= longest else text[: longest - 1] + "…"


_FITS_TEXT: Mapping[str, Callable[[str], str]] = {
    "thing": _thing,
    "character_string": _word,
    "phrase": _phrase,
    "name": _name,
}
_FITS_NUMBER: Mapping[Fact, Mapping[str, Callable[[int], str]]] = {
    Fact.AMOUNT: {"amount": _amount, "thing": _amount},
    Fact.TIME: {"time": _moment, "date": _moment},
}
