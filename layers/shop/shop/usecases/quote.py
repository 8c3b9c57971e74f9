"""Quotes: what an order would cost now, and the token that turns it into one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.order_tokens import seal_quote
from shop.domain.address import Address
from shop.domain.freight import FreightBook
from shop.domain.ids import product_of
from shop.domain.offer import Offer
from shop.domain.order_token import NONCE_BYTES, OrderToken
from shop.domain.pricing import RULES_VERSION, Terms
from shop.domain.quote import Quote, Wanted
from shop.domain.quote import quote as price
from shop.recent import Recent
from shop.store import catalogue, coupons, stock
from shop.store.stock import SkuRow

FREIGHT_SECONDS = 30
_freight: Recent[str, FreightBook] = Recent(FREIGHT_SECONDS, most=1)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who the quote is for; `openid` travels sealed in the token."""

    customer_id: str
    openid: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer asks a price for.

    Attributes:
        lines: At most 20, no SKU twice, quantities 1 to 99.
        address: Where to; None while none is chosen.
        claim_ids: At most one goods and one freight coupon.
        from_cart: The lines leave the cart once ordered.
    """

    lines: tuple[Wanted, ...]
    address: Address | None
    claim_ids: tuple[str, ...]
    from_cart: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """What makes a token: the key ring and a source of random bytes."""

    ring: KeyRing
    entropy: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote and its token; None, and 0 for the expiry, while something stands in the way."""

    quote: Quote
    token: str | None
    expires_at: int


def make_quote(wish: Wish, buyer: Buyer, keys: Keys, now: int) -> Quoted:
    """Price a wish; costs one batch of SKUs and one query of claims.

    Raises:
        UnavailableError: The store did not answer.
    """
    offers = _offers(buyer.customer_id, [line.sku_id for line in wish.lines], now)
    claims = list(coupons.claims_of(buyer.customer_id))
    terms = Terms(claims, wish.claim_ids, freight(now), wish.address, now)
    made = price(wish.lines, offers, terms)
    if wish.address is None or not made.orderable:
        return Quoted(made, None, 0)
    token = OrderToken(
        customer_id=buyer.customer_id,
        openid=buyer.openid,
        address=wish.address,
        lines=made.lines,
        goods_total_fen=made.goods_total_fen,
        discount_total_fen=made.discount_total_fen,
        freight_fen=made.freight_fen,
        payable_fen=made.payable_fen,
        claim_ids=made.claim_ids,
        from_cart=wish.from_cart,
        rules_version=RULES_VERSION,
        issued_at=now,
        nonce=keys.entropy(NONCE_BYTES),
        key_version=keys.ring.current,
        claim_savings=made.claim_savings,
    )
    return Quoted(made, seal_quote(keys.ring, token), token.expires_at)


def requote(token: OrderToken, keys: Keys, now: int) -> Quoted:
    """The same wish at what is true now, for an order that was refused."""
    wish = Wish(
        lines=tuple(Wanted(line.sku_id, line.quantity) for line in token.lines),
        address=token.address,
        claim_ids=token.claim_ids,
        from_cart=token.from_cart,
    )
    return make_quote(wish, Buyer(token.customer_id, token.openid), keys, now)


def freight(now: int) -> FreightBook:
    """The shop's delivery fees, at most 30 s old; free until staff set them."""
    return _freight.get_or_load("", now, catalogue.freight)


def _offers(customer_id: str, sku_ids: Sequence[str], now: int) -> dict[str, Offer]:
    rows = catalogue.skus_of(sku_ids)
    limited = [sku_id for sku_id, row in rows.items() if row.limit is not None]
    bought = stock.bought(customer_id, limited) if limited else {}
    return {sku_id: _offer(row, bought, now) for sku_id, row in rows.items()}


def _offer(row: SkuRow, bought: Mapping[str, int], now: int) -> Offer:
    return Offer(
        sku_id=row.sku_id,
        product_id=product_of(row.sku_id),
        category_ids=row.category_ids,
        title=str(row.title),
        spec=str(row.spec),
        image_url=str(row.image_url),
        price_fen=int(row.price_fen),
        price_version=int(row.price_version),
        on_sale=row.on_sale_at(now),
        available=int(row.available),
        limit=None if row.limit is None else int(row.limit),
        bought=bought.get(row.sku_id, 0),
        weight_g=int(row.weight_g),
        volume_cm3=int(row.volume_cm3 or 0),
        freight=str(row.freight or ""),
    )
