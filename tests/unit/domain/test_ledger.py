"""The money ledger: the day of an entry, and what a refund enters."""

from shop.domain.ledger import Entry, EntryKind, of_refund
from shop.domain.refund import RefundOrder, RefundStatus

NOW = 1_790_006_400


def entry(kind: EntryKind, amount: int) -> Entry:
    return Entry(kind, "o-1", "wang", "r", amount, NOW)


def test_an_entry_is_booked_under_its_shanghai_day() -> None:
    assert entry(EntryKind.PAYMENT, 1).day == "20260922"


def test_a_refund_is_entered_as_it_succeeded() -> None:
    refund = RefundOrder(
        customer_id="wang",
        order_no="o-1",
        sequence="2",
        amount_fen=300,
        paid_fen=500,
        status=RefundStatus.SUCCESS,
        reason="x",
        cause="requested",
        requested_at=NOW - 900,
        transaction_id="t-1",
        settled_at=NOW,
    )
    assert of_refund(refund) == Entry(EntryKind.REFUND, "o-1", "wang", "o-1-2", 300, NOW)
