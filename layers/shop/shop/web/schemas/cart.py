"""Cart and quote shapes (`api-contract`: Cart and quote)."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.cart import MOST_LINES, MOST_PIECES
from shop.domain.coupon import Saving, Unusable
from shop.domain.offer import Problem, QuoteProblem
from shop.domain.quote import Wanted
from shop.domain.quote_line import QuoteLine
from shop.errors import ValidationError
from shop.usecases.cart import LineState, ShownCart, ShownLine
from shop.usecases.quote import Quoted
from shop.web.schemas.times import rfc3339_or_none

MOST_ORDERED = 20
IdText = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=MOST_PIECES)]


class ItemRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wanted SKU."""

    sku_id: IdText
    quantity: Quantity


class SetItemRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cart line's new quantity; `selected` stays as it is when not given."""

    quantity: Quantity
    selected: bool | None = None


class MergeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shopper kept before sign-in."""

    items: Annotated[tuple[ItemRequest, ...], msgspec.Meta(max_length=MOST_LINES)]

    def kept(self) -> list[tuple[str, int]]:
        """The pairs of SKU id and quantity.

        Raises:
            ValidationError: A SKU stands twice.
        """
        _no_sku_twice(self.items)
        return [(item.sku_id, item.quantity) for item in self.items]


class QuoteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a price is asked for."""

    items: Annotated[tuple[ItemRequest, ...], msgspec.Meta(min_length=1, max_length=MOST_ORDERED)]
    from_cart: bool = False
    address_id: IdText | None = None
    coupon_claim_id: IdText | None = None
    freight_coupon_claim_id: IdText | None = None

    def wanted(self) -> tuple[Wanted, ...]:
        """The lines.

        Raises:
            ValidationError: A SKU stands twice.
        """
        _no_sku_twice(self.items)
        return tuple(Wanted(item.sku_id, item.quantity) for item in self.items)

    def claim_ids(self) -> tuple[str, ...]:
        """The chosen claims, each once."""
        chosen = (self.coupon_claim_id, self.freight_coupon_claim_id)
        return tuple(dict.fromkeys(one for one in chosen if one))


class CartLineView(msgspec.Struct, frozen=True):
    """A cart line with its present price and state."""

    sku_id: str
    quantity: int
    selected: bool
    title: str
    spec: str
    image_url: str
    price_fen: int
    available: int
    state: LineState

    @classmethod
    def of(cls, one: ShownLine) -> "CartLineView":
        """From the use case's."""
        return cls(
            sku_id=one.line.sku_id,
            quantity=one.line.quantity,
            selected=one.line.selected,
            title=one.title,
            spec=one.spec,
            image_url=one.image_url,
            price_fen=one.price_fen,
            available=one.available,
            state=one.state,
        )


class CartView(msgspec.Struct, frozen=True):
    """The cart; the total counts selected lines in state `ok`."""

    items: Sequence[CartLineView]
    selected_total_fen: int
    version: int

    @classmethod
    def of(cls, cart: ShownCart) -> "CartView":
        """From the use case's."""
        items = [CartLineView.of(line) for line in cart.lines]
        return cls(items, cart.selected_total_fen, cart.version)


class QuoteLineView(msgspec.Struct, frozen=True):
    """A line's price and its exact share of the discount."""

    sku_id: str
    quantity: int
    unit_price_fen: int
    discount_fen: int
    payable_fen: int
    title: str
    spec: str
    image_url: str

    @classmethod
    def of(cls, one: QuoteLine) -> "QuoteLineView":
        """From the domain's."""
        return cls(
            sku_id=one.sku_id,
            quantity=one.quantity,
            unit_price_fen=one.unit_price_fen,
            discount_fen=one.discount_fen,
            payable_fen=one.payable_fen,
            title=one.title,
            spec=one.spec,
            image_url=one.image_url,
        )


class SavingView(msgspec.Struct, frozen=True):
    """What one of the customer's coupons would save here, or why it cannot be used."""

    claim_id: str
    discount_fen: int
    usable: bool
    reason: Unusable | None

    @classmethod
    def of(cls, one: Saving) -> "SavingView":
        """From the domain's."""
        return cls(one.claim_id, one.discount_fen, one.reason is None, one.reason)


class ChoiceView(msgspec.Struct, frozen=True):
    """The coupons that together save most here, whatever was chosen; none where none does."""

    claim_ids: Sequence[str]
    saves_fen: int


class ProblemView(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands between this quote and an order."""

    code: Problem
    sku_id: str | None = None

    @classmethod
    def of(cls, one: QuoteProblem) -> "ProblemView":
        """From the domain's."""
        return cls(one.code, one.sku_id or None)


class QuoteView(msgspec.Struct, frozen=True):
    """A quote; `quote_token` is null while a problem stands in the way."""

    quote_token: str | None
    expires_at: str | None
    lines: Sequence[QuoteLineView]
    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int
    coupons: Sequence[SavingView]
    best: ChoiceView
    problems: Sequence[ProblemView]

    @classmethod
    def of(cls, quoted: Quoted) -> "QuoteView":
        """From the use case's."""
        made = quoted.quote
        return cls(
            quote_token=quoted.token,
            expires_at=rfc3339_or_none(quoted.expires_at),
            lines=[QuoteLineView.of(line) for line in made.lines],
            goods_total_fen=made.goods_total_fen,
            discount_total_fen=made.discount_total_fen,
            freight_fen=made.freight_fen,
            payable_fen=made.payable_fen,
            coupons=[SavingView.of(one) for one in made.savings],
            best=ChoiceView(made.best.claim_ids, made.best.saves_fen),
            problems=[ProblemView.of(one) for one in made.problems],
        )


def _no_sku_twice(items: Sequence[ItemRequest]) -> None:
    if len({item.sku_id for item in items}) != len(items):
        message = "the same SKU stands twice"
        raise ValidationError(errors=[{"field": "$.items", "message": message}])
