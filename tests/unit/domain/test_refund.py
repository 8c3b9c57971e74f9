"""A refund's number, and what it is worth."""

import pytest

from shop.domain.refund import (
    RefundLine,
    RefundOrder,
    RefundStatus,
    next_of_transaction,
    split_number,
)


def refund(*lines: RefundLine, freight_fen: int = 0) -> RefundOrder:
    return RefundOrder(
        customer_id="c",
        order_no="N1",
        sequence="2",
        transaction_id="42",
        amount_fen=1,
        paid_fen=9,
        status=RefundStatus.PENDING,
        reason="商品退款",
        cause="staff",
        requested_at=1,
        lines=lines,
        freight_fen=freight_fen,
    )


def test_a_number_names_its_order_and_sequence() -> None:
    assert refund().out_refund_no == "N1-2"
    assert split_number("N1-2") == ("N1", "2")
    assert split_number("N1-T9-3") == ("N1", "T9-3")
    assert split_number("N1") == ("N1", "")


def test_what_it_is_worth_is_its_pieces_and_its_fee() -> None:
    lines = (RefundLine(1, 2, 300), RefundLine(2, 1, 45))
    assert refund(*lines, freight_fen=7).worth_fen == 352
    assert refund().worth_fen == 0


def test_it_stops_pieces_if_any_of_its_lines_does() -> None:
    assert not refund(RefundLine(1, 2, 300)).is_stopping
    assert refund(RefundLine(1, 2, 300), RefundLine(2, 1, 45, stopped=1)).is_stopping


@pytest.mark.parametrize(
    ("sequence", "following"), [("T1", "T1-2"), ("T1-2", "T1-3"), ("T1-9", "T1-10")]
)
def test_the_sequence_after_one(sequence: str, following: str) -> None:
    assert next_of_transaction(sequence) == following
