"""Flash-sale tickets: sealed text that carries all a flash order needs, so that it reads nothing.

A ticket promises no stock. It lives five minutes from the later of its issue and the sale's start.
"""

from dataclasses import dataclass

import msgspec

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.address import Address
from shop.domain.quote_line import QuoteLine
from shop.errors import InvalidError

PURPOSE = "ticket"
TICKET_SECONDS = 300
MAX_CHARACTERS = 4_096


@dataclass(frozen=True, slots=True)
class FlashTicket:
    """What a ticket says. Amounts in fen, times in UTC seconds, `expires_at` exclusive.

    Attributes:
        shards, per_customer, starts_at, ends_at, key_version: Copied from the sale's terms.
        salt: Two bytes that tell a customer's tickets of one second apart.
    """

    customer_id: str
    openid: str
    address: Address
    sale_id: str
    line: QuoteLine
    freight_fen: int
    payable_fen: int
    issued_at: int
    salt: int
    valid_from: int
    expires_at: int
    shards: int
    per_customer: int
    starts_at: int
    ends_at: int
    key_version: str


_decode = msgspec.msgpack.Decoder(FlashTicket).decode


def seal_ticket(ring: KeyRing, ticket: FlashTicket) -> str:
    """The ticket as URL-safe text."""
    return seal_text(ring, PURPOSE, msgspec.msgpack.encode(ticket))


def open_ticket(ring: KeyRing, text: str) -> FlashTicket:
    """What `seal_ticket` sealed; its times are for the caller to judge.

    Raises:
        InvalidError: We did not make it, or its key is retired.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidError(detail="抢购凭证无效，请重新获取")
    try:
        return _decode(unseal_text(ring, PURPOSE, text))
    except (UnsealError, msgspec.DecodeError) as bad:
        raise InvalidError(detail="抢购凭证无效，请重新获取") from bad
