"""Admission to a flash sale: a ticket costs the shop one cached read and promises no stock."""

from dataclasses import dataclass

from shop.crypto.flash_tickets import TICKET_SECONDS, FlashTicket, seal_ticket
from shop.crypto.sessions import CustomerSession
from shop.domain.address import Address
from shop.domain.flash import FlashSale
from shop.domain.freight import FreightBook
from shop.domain.ids import CustomerId
from shop.domain.quote_line import QuoteLine
from shop.errors import ConflictError
from shop.telemetry import misconfigured
from shop.usecases.deps import Deps

EARLY_SECONDS = 120
"""How long before the start tickets are given out, so that the start itself is not a rush."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A ticket's text and what it will cost. Times in UTC seconds."""

    text: str
    ticket: FlashTicket


def issue(
    sale: FlashSale,
    quantity: int,
    address: Address,
    freight: FreightBook,
    session: CustomerSession,
    deps: Deps,
    *,
    now: int,
) -> Issued:
    """A ticket for this customer.

    Raises:
        ConflictError: `sale_not_running`, `limit_reached`, `area_not_served`.
    """
    if not sale.open or not sale.starts_at - EARLY_SECONDS <= now < sale.ends_at:
        raise ConflictError("sale_not_running", "活动未开始或已结束")
    if sale.key_version not in deps.ring().roots:
        raise misconfigured(retired_key_of=sale.id)
    if quantity > sale.per_customer:
        raise ConflictError("limit_reached", "超过每人限购数量")
    if not freight.serves(sale.freight, address.province):
        raise ConflictError("area_not_served", "该地区暂不支持配送")
    valid_from = max(now, sale.starts_at)
    goods = sale.price_fen * quantity
    fee = freight.fee(address.province, [sale.load(quantity)])
    ticket = FlashTicket(
        customer_id=CustomerId(session.customer_id),
        openid=session.openid,
        address=address,
        sale_id=sale.id,
        line=QuoteLine(
            sku_id=sale.sku_id,
            quantity=quantity,
            unit_price_fen=sale.price_fen,
            discount_fen=0,
            price_version=0,
            title=sale.sku_title,
            spec=sale.spec,
            image_url=sale.image_url,
            limit=None,
        ),
        freight_fen=fee,
        payable_fen=goods + fee,
        issued_at=now,
        salt=int.from_bytes(deps.entropy(2), "big"),
        valid_from=valid_from,
        expires_at=min(valid_from + TICKET_SECONDS, sale.ends_at),
        shards=sale.shards,
        per_customer=sale.per_customer,
        starts_at=sale.starts_at,
        ends_at=sale.ends_at,
        key_version=sale.key_version,
    )
    return Issued(seal_ticket(deps.ring(), ticket), ticket)
