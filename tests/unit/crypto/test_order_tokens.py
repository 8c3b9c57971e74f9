"""Quote tokens: whole, within 4,096 characters, and nobody else's."""

import random
import zlib
from collections.abc import Callable
from dataclasses import replace

import msgspec
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
        claim_savings=(300, 1_800),
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
        assert (refusal.value.code, refusal.value.detail) == (
            "invalid_request",
            "报价无效，请重新下单",
        )


def test_a_token_opens_while_its_key_is_listed() -> None:
    text = seal_quote(RING, token(1))
    assert open_quote(KeyRing("2", RING.roots), text).key_version == "1"
    with pytest.raises(InvalidError):
        open_quote(KeyRing("2", {"2": bytes(32)}), text)


def texts(opened: OrderToken) -> list[tuple[str, str, str]]:
    return [(line.title, line.spec, line.image_url) for line in opened.lines]


def test_pictures_go_first_and_only_then_the_ends_of_texts() -> None:
    made = token(20, title=28, spec=16, image=200)
    # Pictures that compress to nothing would fit.
    rng = random.Random(SEED)
    noisy = tuple(
        replace(line, image_url="".join(rng.choices("0123456789abcdef", k=200)))
        for line in made.lines
    )
    opened = open_quote(RING, seal_quote(RING, replace(made, lines=noisy)))
    assert texts(opened) == [(line.title, line.spec, "") for line in made.lines]

    long = token(20, title=60, spec=40, image=200)
    opened = open_quote(RING, seal_quote(RING, long))
    assert texts(opened) == [(line.title[:28], line.spec[:16], "") for line in long.lines]


def stretched(made: OrderToken, to: Callable[[int], bool]) -> OrderToken:
    """The token with noise added until its text has a length that suits."""
    noise = random.Random(SEED).randbytes(4_000)
    for length in range(16, 4_000):
        longer = replace(made, nonce=noise[:length])
        if to(len(seal_quote(RING, longer))):
            return longer
    raise AssertionError


def test_a_token_of_exactly_the_limit_is_whole_and_opens() -> None:
    made = stretched(token(2), lambda length: length == MAX_CHARACTERS)
    assert open_quote(RING, seal_quote(RING, made)) == made


def test_without_pictures_exactly_the_limit_leaves_texts_whole() -> None:
    bare = token(2, title=60, spec=40, image=0)
    bare = replace(bare, lines=tuple(replace(line, image_url="") for line in bare.lines))
    full = stretched(bare, lambda length: length == MAX_CHARACTERS)
    pictured = replace(
        full, lines=tuple(replace(line, image_url="https://img/1.jpg") for line in full.lines)
    )
    assert open_quote(RING, seal_quote(RING, pictured)) == full


def test_a_text_that_unpacks_to_too_much_is_refused() -> None:
    """Only our own key could make one; then it must not fill the memory either."""

    def sealed(title: bytes) -> str:
        line = ("p1-1", 1, 1, 0, 1, title, b"", "", None)
        kept = ("c", "o", (b"",) * 6, (line,), 1, 0, 0, 1, (), False, 1, 1, b"", "1", ())
        return seal_text(RING, "quote", zlib.compress(msgspec.msgpack.encode(kept)))

    assert open_quote(RING, sealed(b"x" * 60_000)).lines[0].title == "x" * 60_000
    with pytest.raises(InvalidError):
        open_quote(RING, sealed(b"x" * 70_000))
