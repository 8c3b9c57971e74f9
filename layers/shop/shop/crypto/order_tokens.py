"""Quote tokens as text: packed, compressed, encrypted, authenticated.

A token carries Chinese text for up to 20 lines and must stay within 4,096 characters, so texts are
packed as GB 18030 (two bytes a character where UTF-8 takes three; all of Unicode has a form).
"""

import zlib
from collections.abc import Callable

import msgspec

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import UnsealError, seal_text, unseal_text
from shop.domain.address import Address
from shop.domain.order_token import OrderToken
from shop.domain.quote_line import QuoteLine
from shop.errors import InvalidError

PURPOSE = "quote"
MAX_CHARACTERS = 4_096
_PACKED_LIMIT = 64 * 1024
_CODEC = "gb18030"
_SHOWN_TITLE = 28
_SHOWN_SPEC = 16
_Texts = Callable[[QuoteLine], tuple[str, str, str]]


class _Line(msgspec.Struct, frozen=True, array_like=True):
    sku_id: str
    quantity: int
    unit_price_fen: int
    discount_fen: int
    price_version: int
    title: bytes
    spec: bytes
    image_url: str
    limit: int | None


class _Token(msgspec.Struct, frozen=True, array_like=True):
    customer_id: str
    openid: str
    address: tuple[bytes, ...]
    lines: tuple[_Line, ...]
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


def seal_quote(ring: KeyRing, token: OrderToken) -> str:
    """The token as at most 4,096 URL-safe characters.

    A basket whose texts do not fit loses its pictures' addresses first and then the ends of long
    titles and specifications; amounts, ids and the address are never touched.
    """
    text = _seal(ring, token, _exact)
    if len(text) > MAX_CHARACTERS:
        text = _seal(ring, token, _without_image)
    if len(text) > MAX_CHARACTERS:
        text = _seal(ring, token, _shortened)
    return text


def open_quote(ring: KeyRing, text: str) -> OrderToken:
    """What `seal_quote` sealed. Whether it has expired is for the caller to judge.

    Raises:
        InvalidError: We did not make it for this purpose, or its key is retired.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidError(detail="报价无效，请重新下单")
    try:
        packed = unseal_text(ring, PURPOSE, text)
        opener = zlib.decompressobj()
        kept = msgspec.msgpack.decode(opener.decompress(packed, _PACKED_LIMIT), type=_Token)
    except (UnsealError, zlib.error, msgspec.DecodeError) as bad:
        raise InvalidError(detail="报价无效，请重新下单") from bad
    return OrderToken(
        customer_id=kept.customer_id,
        openid=kept.openid,
        address=Address(*(part.decode(_CODEC) for part in kept.address)),
        lines=tuple(_open_line(line) for line in kept.lines),
        goods_total_fen=kept.goods_total_fen,
        discount_total_fen=kept.discount_total_fen,
        freight_fen=kept.freight_fen,
        payable_fen=kept.payable_fen,
        claim_ids=kept.claim_ids,
        from_cart=kept.from_cart,
        rules_version=kept.rules_version,
        issued_at=kept.issued_at,
        nonce=kept.nonce,
        key_version=kept.key_version,
        claim_savings=kept.claim_savings,
    )


def _seal(ring: KeyRing, token: OrderToken, texts: _Texts) -> str:
    address = token.address
    kept = _Token(
        customer_id=token.customer_id,
        openid=token.openid,
        address=tuple(
            part.encode(_CODEC)
            for part in (
                address.name,
                address.phone,
                address.province,
                address.city,
                address.district,
                address.detail,
            )
        ),
        lines=tuple(_line(line, *texts(line)) for line in token.lines),
        goods_total_fen=token.goods_total_fen,
        discount_total_fen=token.discount_total_fen,
        freight_fen=token.freight_fen,
        payable_fen=token.payable_fen,
        claim_ids=token.claim_ids,
        from_cart=token.from_cart,
        rules_version=token.rules_version,
        issued_at=token.issued_at,
        nonce=token.nonce,
        key_version=token.key_version,
        claim_savings=token.claim_savings,
    )
    return seal_text(ring, PURPOSE, zlib.compress(msgspec.msgpack.encode(kept), 9))


def _line(line: QuoteLine, title: str, spec: str, image_url: str) -> _Line:
    return _Line(
        sku_id=line.sku_id,
        quantity=line.quantity,
        unit_price_fen=line.unit_price_fen,
        discount_fen=line.discount_fen,
        price_version=line.price_version,
        title=title.encode(_CODEC),
        spec=spec.encode(_CODEC),
        image_url=image_url,
        limit=line.limit,
    )


def _open_line(line: _Line) -> QuoteLine:
    return QuoteLine(
        sku_id=line.sku_id,
        quantity=line.quantity,
        unit_price_fen=line.unit_price_fen,
        discount_fen=line.discount_fen,
        price_version=line.price_version,
        title=line.title.decode(_CODEC),
        spec=line.spec.decode(_CODEC),
        image_url=line.image_url,
        limit=line.limit,
    )


def _exact(line: QuoteLine) -> tuple[str, str, str]:
    return line.title, line.spec, line.image_url


def _without_image(line: QuoteLine) -> tuple[str, str, str]:
    return line.title, line.spec, ""


def _shortened(line: QuoteLine) -> tuple[str, str, str]:
    return line.title[:_SHOWN_TITLE], line.spec[:_SHOWN_SPEC], ""
