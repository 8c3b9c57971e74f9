"""Quote tokens: whole, within 4,096 characters, and nobody else's."""

import random

import pytest

from shop.crypto.keyring import KeyRing
from shop.crypto.order_tokens import MAX_CHARACTERS, open_quote, seal_quote
from shop.crypto.sealed import seal_text
from shop.domain.address import Address
from shop.domain.order_token import OrderToken
from shop.domain.quote_line import QuoteLine
from shop.errors import InvalidError

RING = KeyRing("1", {"1": bytes(range(32)), "2": bytes(32)})
SEED = 20260101


def chinese(rng: random.Random, length: int) -> str:
    """Worst case for compression: characters drawn evenly from all common ones."""
    return "".join(chr(rng.randrange(0x4E00, 0x9FA5)) for _ in range(length))


def token(lines: int, title: int = 28, spec: int = 12, image: int = 40) -> OrderToken:
    rng = random.Random(SEED)
    return OrderToken(
        customer_id="a" * 11,
        openid="o" + "".join(rng.choices("abcXYZ0189_-", k=27)),
        address=Address(
            chinese(rng, 8), "13800138000", "内蒙古自治区", "呼伦贝尔市", "海拉尔区",
            chinese(rng, 60),
        ),
        lines=tuple(
            QuoteLine(
                sku_id=f"p{rng.randrange(9999):04d}-{rng.randrange(9)}",
                quantity=rng.randrange(1, 99),
                unit_price_fen=rng.randrange(1, 10**7),
                discount_fen=rng.randrange(10**6),
                price_version=rng.randrange(1, 300),
                title=chinese(rng, title),
                spec=chinese(rng, spec),
                image_url=f"https://img.example.com/p{rng.randrange(9999):04d}/1.jpg".ljust(
                    image, "x"
                ),
                limit=rng.choice([None, 5]),
            )
            for _ in range(lines)
        ),
        goods_total_fen=10**9,
        discount_total_fen=10**8,
        freight_fen=1_800,
        payable_fen=900_001_800,
        claim_ids=("k-199-30-1", "k-freight-2"),
        from_cart=True,
        rules_version=1,
        issued_at=1_760_000_000,
        nonce=rng.randbytes(16),
        key_version="1",
    )  # fmt: skip


@pytest.mark.parametrize("lines", [1, 5, 20])
def test_a_token_comes_back_whole_and_fits(lines: int) -> None:
    made = token(lines)
    text = seal_quote(RING, made)
    assert len(text) <= MAX_CHARACTERS
    assert open_quote(RING, text) == made


def test_very_long_texts_are_shortened_and_amounts_are_not() -> None:
    made = token(20, title=60, spec=40, image=200)
    text = seal_quote(RING, made)
    assert len(text) <= MAX_CHARACTERS
    opened = open_quote(RING, text)
    assert opened.payable_fen == made.payable_fen
    assert opened.address == made.address
    assert [(line.sku_id, line.payable_fen) for line in opened.lines] == [
        (line.sku_id, line.payable_fen) for line in made.lines
    ]


def test_foreign_texts_are_refused() -> None:
    good = seal_quote(RING, token(1))
    turned = good[:-6] + ("A" if good[-6] != "A" else "B") + good[-5:]
    for bad in [
        "",
        "x",
        "é",
        good[:-4],
        turned,
        good + "A" * 5000,
        seal_text(RING, "cursor", b"x"),
    ]:
        with pytest.raises(InvalidError) as refusal:
            open_quote(RING, bad)
        assert refusal.value.code == "invalid_request"


def test_a_token_opens_while_its_key_is_listed() -> None:
    text = seal_quote(RING, token(1))
    assert open_quote(KeyRing("2", RING.roots), text).key_version == "1"
    with pytest.raises(InvalidError):
        open_quote(KeyRing("2", {"2": bytes(32)}), text)
