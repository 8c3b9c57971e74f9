"""Flash sales on the wire."""

from typing import Annotated

import msgspec

from shop.domain.flash import FlashSale
from shop.usecases.flash_ticket import Issued
from shop.web.schemas.orders import TokenText
from shop.web.schemas.times import rfc3339


class SaleView(msgspec.Struct, frozen=True):
    """One flash sale."""

    id: str
    title: str
    sku_id: str
    product_id: str
    price_fen: int
    starts_at: str
    ends_at: str
    per_customer_limit: int
    status: str
    server_time: str

    @classmethod
    def of(cls, sale: FlashSale, *, sold_out: bool, now: int) -> "SaleView":
        """The view of a sale."""
        return cls(
            id=sale.id,
            title=sale.title,
            sku_id=sale.sku_id,
            product_id=sale.product_id,
            price_fen=sale.price_fen,
            starts_at=rfc3339(sale.starts_at),
            ends_at=rfc3339(sale.ends_at),
            per_customer_limit=sale.per_customer,
            status=sale.status(now, sold_out=sold_out),
            server_time=rfc3339(now),
        )


class TicketRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/flash-sales/{sale_id}/tickets`."""

    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]
    address_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class TicketView(msgspec.Struct, frozen=True):
    """A ticket; it promises no stock."""

    ticket: str
    valid_from: str
    expires_at: str
    freight_fen: int
    payable_fen: int

    @classmethod
    def of(cls, issued: Issued) -> "TicketView":
        """The view of a ticket."""
        return cls(
            ticket=issued.text,
            valid_from=rfc3339(issued.ticket.valid_from),
            expires_at=rfc3339(issued.ticket.expires_at),
            freight_fen=issued.ticket.freight_fen,
            payable_fen=issued.ticket.payable_fen,
        )


class FlashOrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/flash-sales/{sale_id}/orders`."""

    ticket: TokenText
