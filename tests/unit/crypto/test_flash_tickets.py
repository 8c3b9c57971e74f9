"""Flash tickets: whole, ours, and for no other purpose."""

import pytest

from shop.crypto.flash_tickets import MAX_CHARACTERS, FlashTicket, open_ticket, seal_ticket
from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import seal_text
from shop.domain.address import Address
from shop.domain.quote_line import QuoteLine
from shop.errors import InvalidError

RING = KeyRing("1", {"1": bytes(range(32))})
TICKET = FlashTicket(
    customer_id="wang", openid="o-1", address=Address("张", "1", "浙", "杭", "西", "1号"),
    sale_id="f1", line=QuoteLine("p1-1", 2, 990, 0, 3, "茶", "大", "", None), freight_fen=800,
    payable_fen=2_780, issued_at=100, salt=9, valid_from=110, expires_at=410, shards=3,
    per_customer=2, starts_at=110, ends_at=900, key_version="1",
)  # fmt: skip


def test_a_ticket_comes_back_whole() -> None:
    assert open_ticket(RING, seal_ticket(RING, TICKET)) == TICKET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "A" * (MAX_CHARACTERS + 1),
        seal_text(RING, "quote", b"x"),
        seal_text(RING, "ticket", b"x"),
        seal_text(KeyRing("1", {"1": bytes(32)}), "ticket", b"x"),
    ],
    ids=("nothing", "a letter", "too long", "a quote", "no ticket inside", "another key"),
)
def test_anything_else_is_refused_in_the_shoppers_words(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        open_ticket(RING, text)
    assert refused.value.detail == "抢购凭证无效，请重新获取"


def test_a_ticket_is_as_long_as_it_may_be_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    text = seal_ticket(RING, TICKET)
    monkeypatch.setattr("shop.crypto.flash_tickets.MAX_CHARACTERS", len(text))
    assert open_ticket(RING, text) == TICKET
    monkeypatch.setattr("shop.crypto.flash_tickets.MAX_CHARACTERS", len(text) - 1)
    with pytest.raises(InvalidError):
        open_ticket(RING, text)
