"""The book of refunds: whatever is asked, refused and granted, the fen add up."""

from dataclasses import replace
from random import Random

import pytest

from shop.domain.quote_line import QuoteLine
from shop.domain.refund import MOVES, RefundEvent, RefundOrder, RefundStatus
from shop.domain.refund_book import (
    MOST_REFUNDS,
    NOTHING_ASKED,
    Bought,
    RefundBook,
    Taken,
    bring_back,
    grant,
    put_back,
    take,
)
from shop.errors import ConflictError


def line(quantity: int, price: int, discount: int = 0) -> QuoteLine:
    return QuoteLine("p1-1", quantity, price, discount, 1, "茶", "", "", None)


def refund(taken: Taken) -> RefundOrder:
    """A request as it is kept."""
    return RefundOrder(
        "c", "o", str(taken.book.made), "42", taken.worth_fen, 1, RefundStatus.REQUESTED, "", "", 0,
        lines=taken.lines, freight_fen=taken.freight_fen,
    )  # fmt: skip


def paid(bought: Bought) -> int:
    return sum(one.payable_fen for one in bought.lines) + bought.freight_fen


def sold(dice: Random) -> Bought:
    """An order of some lines, each with some discount."""
    lines = []
    for _ in range(dice.randint(1, 4)):
        quantity, price = dice.randint(1, 9), dice.randint(1, 5_000)
        lines.append(line(quantity, price, dice.randint(0, quantity * price)))
    return Bought(tuple(lines), dice.randint(0, 2_000))


@pytest.mark.parametrize("seed", range(200))
def test_every_way_to_ask_all_back_gives_exactly_what_was_paid(seed: int) -> None:
    dice = Random(seed)
    bought, book, amounts = sold(dice), NOTHING_ASKED, []
    while left := bought.left(book):
        wanted = {at: dice.randint(0, pieces) for at, pieces in left.items()}
        wanted = {at: pieces for at, pieces in wanted.items() if pieces} or left
        taken = take(bought, book, wanted)
        if book.made < 10 and dice.random() < 0.5:
            book = put_back(taken.book, refund(taken))
        else:
            book = taken.book
            amounts.append(taken.worth_fen)
        assert sum(amounts) <= paid(bought)
    assert all(amount >= 0 for amount in amounts)
    assert sum(amounts) == paid(bought) == book.asked_fen


@pytest.mark.parametrize("seed", range(50))
def test_a_refused_request_leaves_the_book_as_it_was(seed: int) -> None:
    dice = Random(seed)
    bought = sold(dice)
    left = bought.left(NOTHING_ASKED)
    before = take(bought, NOTHING_ASKED, {1: dice.randint(1, left[1])}).book
    rest = bought.left(before)
    if rest:
        second = take(bought, before, rest)
        assert put_back(second.book, refund(second)) == replace(before, made=2)


def test_thirds_differ_by_a_fen_and_sum_to_the_whole() -> None:
    bought, book, amounts = Bought((line(3, 1_000, 500),), 0), NOTHING_ASKED, []
    for _ in range(3):
        taken = take(bought, book, {1: 1})
        book = taken.book
        amounts.append(taken.worth_fen)
    assert amounts == [833, 833, 834]


def test_the_fee_goes_with_the_pieces_that_leave_nothing() -> None:
    bought = Bought((line(2, 1_000), line(1, 300)), 800)
    first = take(bought, NOTHING_ASKED, {1: 2})
    assert (first.worth_fen, first.freight_fen) == (2_000, 0)
    second = take(bought, first.book, {2: 1})
    assert (second.worth_fen, second.freight_fen) == (1_100, 800)
    # The first is refused: its pieces may be asked back again, the fee is given already.
    again = take(bought, put_back(second.book, refund(first)), {1: 2})
    assert (again.worth_fen, again.book.asked_fen) == (2_000, 3_100)


@pytest.mark.parametrize("wanted", [{1: 3}, {2: 1}, {1: 10**30}])
def test_no_more_than_was_bought(wanted: dict[int, int]) -> None:
    with pytest.raises(ConflictError) as refused:
        take(Bought((line(2, 1_000),), 0), NOTHING_ASKED, wanted)
    assert (refused.value.code, refused.value.detail) == (
        "refund_exceeds_rest",
        "退款数量超过可退数量",
    )


def test_no_more_refunds_than_wechat_allows() -> None:
    with pytest.raises(ConflictError) as refused:
        take(Bought((line(2, 1_000),), 0), RefundBook(made=MOST_REFUNDS), {1: 1})
    assert (refused.value.code, refused.value.detail) == (
        "refund_limit_reached",
        "该订单的退款次数已达上限",
    )


def test_granting_before_shipping_stops_pieces_until_they_are_back() -> None:
    bought = Bought((line(2, 1_000), line(1, 300)), 0)
    taken = take(bought, NOTHING_ASKED, {1: 1})
    book, lines = grant(
        taken.book, taken.lines, asked_fen=1_000, amount_fen=900, unshipped={1: 2, 2: 2}
    )
    assert (book.asked_fen, book.granted_fen, book.line(1).stopped) == (900, 900, 1)
    assert bought.to_ship(book) == {1: 1, 2: 1}
    back = bring_back(book, replace(refund(taken), lines=lines))
    assert (back.line(1).back, bought.is_back(back)) == (1, False)
    # What staff held back is held back: the next piece is worth its own share.
    assert take(bought, back, {1: 1}).worth_fen == 1_000


def test_an_order_is_back_with_the_last_piece_of_its_last_line() -> None:
    bought = Bought((line(2, 1_000), line(1, 300)), 0)
    book = NOTHING_ASKED
    for position, pieces in ((1, 2), (2, 1)):
        assert not bought.is_back(book)
        taken = take(bought, book, {position: pieces})
        book, lines = grant(
            taken.book,
            taken.lines,
            asked_fen=taken.worth_fen,
            amount_fen=taken.worth_fen,
            unshipped={1: 2, 2: 1},
        )
        book = bring_back(book, replace(refund(taken), lines=lines))
    assert bought.is_back(book)


def test_granting_after_shipping_stops_nothing() -> None:
    bought = Bought((line(2, 1_000),), 0)
    taken = take(bought, NOTHING_ASKED, {1: 1})
    book, lines = grant(taken.book, taken.lines, asked_fen=1_000, amount_fen=1_000, unshipped={})
    assert (lines[0].stopped, bought.to_ship(book)) == (0, {1: 2})


def test_every_state_leads_somewhere_and_only_two_are_final() -> None:
    left = {source for move in MOVES.values() for source in move.sources}
    assert set(RefundStatus) - left == {RefundStatus.SUCCESS, RefundStatus.REFUSED}
    reached = {move.target for move in MOVES.values()}
    assert reached == set(RefundStatus)
    assert set(MOVES) == set(RefundEvent)
