"""What a quote promises, complete enough that the checkout reads nothing (`design.md` 1)."""

from dataclasses import dataclass

from shop.domain.address import Address
from shop.domain.quote_line import QuoteLine

QUOTE_SECONDS = 300
"""How long a quote can be turned into an order that does not exist yet."""

NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class OrderToken:
    """One quote that was found orderable. It makes at most one order.

    Attributes:
        customer_id: Who it was made for; nobody else can use it.
        openid: Who pays at WeChat.
        address: Where to, as it was when quoted.
        lines: With unit prices, price versions and each line's share of the discount.
        goods_total_fen: Sum of unit price times quantity.
        discount_total_fen: Sum of the lines' discounts.
        freight_fen: After a freight coupon.
        payable_fen: `goods_total_fen - discount_total_fen + freight_fen`, at least 1.
        claim_ids: Coupon claims that the amounts make use of.
        from_cart: The lines leave the cart once ordered.
        rules_version: The rules that the amounts were made by.
        issued_at: UTC seconds.
        nonce: 16 random bytes that tell this token from every other.
        key_version: The root key that the order number is derived under.
        claim_savings: What each of the claims takes off, in their order.
    """

    customer_id: str
    openid: str
    address: Address
    lines: tuple[QuoteLine, ...]
    goods_total_fen: int
    discount_total_fen: int
    freight_fen: int
    payable_fen: int
    claim_ids: tuple[str, ...]
    from_cart: bool
    rules_version: int
    issued_at: int
    nonce: bytes
    key_version: str
    claim_savings: tuple[int, ...] = ()

    @property
    def expires_at(self) -> int:
        """When it stops making new orders (exclusive, UTC seconds)."""
        return self.issued_at + QUOTE_SECONDS
