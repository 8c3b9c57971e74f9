"""Quote tokens and tickets made from one pattern, for crowds that are too large to ask for each."""

from collections.abc import Callable
from dataclasses import replace

from tests.proving.shop import Buyer, Shop


def quote_maker(shop: Shop, sku_id: str) -> Callable[[Buyer, bytes], str]:
    """Makes quote tokens for a piece, from a nonce each, as if quoted while there was stock."""
    from shop.crypto.keyring import KeyRing
    from shop.crypto.order_tokens import open_quote, seal_quote

    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    pattern = open_quote(ring, shop.quote_token(shop.buyer("pattern"), {sku_id: 1}))

    def make(buyer: Buyer, nonce: bytes) -> str:
        return seal_quote(
            ring,
            replace(
                pattern,
                customer_id=buyer.customer_id,
                openid=buyer.openid,
                nonce=nonce,
                issued_at=shop.now,
            ),
        )

    return make


def ticket_maker(shop: Shop, sale_id: str) -> Callable[[Buyer, int], str]:
    """Makes tickets for a sale, from a salt each, without reading the sale each time."""
    from shop.crypto.flash_tickets import TICKET_SECONDS, open_ticket, seal_ticket
    from shop.crypto.keyring import KeyRing

    ring = KeyRing.of(shop.world.secrets["yunpu/token-keys"])
    pattern = open_ticket(ring, shop.ticket(shop.buyer("pattern"), sale_id))

    def make(buyer: Buyer, salt: int) -> str:
        return seal_ticket(
            ring,
            replace(
                pattern,
                customer_id=buyer.customer_id,
                openid=buyer.openid,
                salt=salt,
                issued_at=shop.now,
                valid_from=shop.now,
                expires_at=shop.now + TICKET_SECONDS,
            ),
        )

    return make
