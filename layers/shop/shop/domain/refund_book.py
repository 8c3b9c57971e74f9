"""How much of an order goes back: a book per order, kept in its row and changed by exact compare.

The rule of amounts. A line was paid with its price less its exact share of the discounts. Refunding
n of the r pieces that are left of it takes n/r of what is left of that, rounded down; the last
pieces take the rest. The delivery fee goes with the pieces that leave nothing of the order. So all
refunds of an order sum to exactly what was paid for it, in whatever portions. Staff may give less;
what they hold back stays held back. A refused request puts its pieces and its worth back.

A piece is in one refund at most. Granted while unshipped it is *stopped*: it is not shipped any
more, and is *back* once WeChat has accepted the refund. Of a line that is shipped in part, the
pieces that are still in the house are given back first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shop.domain.parcel_book import NOTHING_SHIPPED, ParcelBook, left_of
from shop.domain.quote_line import QuoteLine
from shop.errors import ConflictError

if TYPE_CHECKING:
    from shop.domain.refund import RefundLine, RefundOrder

MOST_REFUNDS = 50
"""Parts that WeChat allows one payment (`providers.md` 2.6)."""
MOST_ASKED = 20
"""Of those, how many a buyer may use up by asking."""
REFUNDABLE_SECONDS = 365 * 86_400
"""How long after the payment WeChat still refunds it (`providers.md` 2.6)."""


@dataclass(frozen=True, slots=True)
class LineBook:
    """One line: pieces asked back and what they are worth, and of those the stopped and the back.

    `0 <= back <= stopped <= asked <= quantity`.
    """

    asked: int = 0
    worth_fen: int = 0
    stopped: int = 0
    back: int = 0


@dataclass(frozen=True, slots=True)
class RefundBook:
    """Everything that was asked back of one order and not refused.

    Attributes:
        lines: One for each line of the order; empty while nothing was ever asked.
        freight_fen: Of the delivery fee.
        asked_fen: The sum of amounts; never above what was paid.
        granted_fen: The part of it that is decided.
        made: Numbers used up, refused ones too.
    """

    lines: tuple[LineBook, ...] = ()
    freight_fen: int = 0
    asked_fen: int = 0
    granted_fen: int = 0
    made: int = 0

    def line(self, position: int) -> LineBook:
        """The book of one line, counted from 1."""
        return self.lines[position - 1] if self.lines else LineBook()

    @property
    def stopped(self) -> tuple[int, ...]:
        """Pieces that are not shipped any more, line by line; empty while nothing was asked."""
        return tuple(line.stopped for line in self.lines)

    def _with(self, changed: Mapping[int, LineBook], count: int, **sums: int) -> "RefundBook":
        lines = tuple(changed.get(at, self.line(at)) for at in range(1, count + 1))
        return replace(self, lines=lines, **sums)


NOTHING_ASKED = RefundBook()


@dataclass(frozen=True, slots=True)
class Bought:
    """What an order sold: its lines and its delivery fee."""

    lines: tuple[QuoteLine, ...]
    freight_fen: int

    def left(self, book: RefundBook) -> dict[int, int]:
        """Pieces that nobody has asked back, by position; lines with none are left out."""
        rest = {
            at: line.quantity - book.line(at).asked for at, line in enumerate(self.lines, start=1)
        }
        return {at: pieces for at, pieces in rest.items() if pieces}

    def to_ship(self, book: RefundBook, shipped: ParcelBook = NOTHING_SHIPPED) -> dict[int, int]:
        """Pieces that are to be shipped, by position: what was bought, not stopped, not shipped."""
        return left_of([line.quantity for line in self.lines], book.stopped, shipped)

    def is_back(self, book: RefundBook) -> bool:
        """Whether every piece was stopped and is in stock again."""
        return all(book.line(at).back == line.quantity for at, line in enumerate(self.lines, 1))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request takes, and the book with it."""

    lines: tuple["RefundLine", ...]
    freight_fen: int
    book: RefundBook

    @property
    def worth_fen(self) -> int:
        """The most that goes back for it."""
        return sum(line.worth_fen for line in self.lines) + self.freight_fen


def take(
    bought: Bought, book: RefundBook, wanted: Mapping[int, int], *, most: int = MOST_REFUNDS
) -> Taken:
    """Take pieces out of an order.

    Args:
        bought: The order.
        book: What was taken so far.
        wanted: Pieces by position, each at least 1; positions are the order's.
        most: How many refunds there may be with this one.

    Raises:
        ConflictError: `refund_exceeds_rest`: a line has fewer pieces left; or
            `refund_limit_reached`.
    """
    # Every order carries a book; only who asks something back needs the rest of refunds.
    from shop.domain.refund import RefundLine

    if book.made >= most:
        raise ConflictError("refund_limit_reached", "该订单的退款次数已达上限")
    left = bought.left(book)
    if any(pieces > left.get(at, 0) for at, pieces in wanted.items()):
        raise ConflictError("refund_exceeds_rest", "退款数量超过可退数量")
    lines = []
    for at, pieces in sorted(wanted.items()):
        rest_fen = bought.lines[at - 1].payable_fen - book.line(at).worth_fen
        lines.append(RefundLine(at, pieces, rest_fen * pieces // left[at]))
    is_last = all(wanted.get(at, 0) == pieces for at, pieces in left.items())
    freight = bought.freight_fen - book.freight_fen if is_last else 0
    taken = Taken(tuple(lines), freight, book)
    changed = {
        one.position: replace(
            book.line(one.position),
            asked=book.line(one.position).asked + one.quantity,
            worth_fen=book.line(one.position).worth_fen + one.worth_fen,
        )
        for one in lines
    }
    return replace(
        taken,
        book=book._with(
            changed,
            len(bought.lines),
            freight_fen=book.freight_fen + freight,
            asked_fen=book.asked_fen + taken.worth_fen,
            made=book.made + 1,
        ),
    )


def put_back(book: RefundBook, refund: "RefundOrder") -> RefundBook:
    """The book after a request that is not granted."""
    changed = {
        one.position: replace(
            book.line(one.position),
            asked=book.line(one.position).asked - one.quantity,
            worth_fen=book.line(one.position).worth_fen - one.worth_fen,
        )
        for one in refund.lines
    }
    return book._with(
        changed,
        len(book.lines),
        freight_fen=book.freight_fen - refund.freight_fen,
        asked_fen=book.asked_fen - refund.amount_fen,
    )


def grant(
    book: RefundBook,
    lines: Sequence["RefundLine"],
    *,
    asked_fen: int,
    amount_fen: int,
    unshipped: Mapping[int, int],
) -> tuple[RefundBook, tuple["RefundLine", ...]]:
    """Decide that a request's money goes back.

    Args:
        book: With the request in it.
        lines: The request's.
        asked_fen: What it stands in the book with.
        amount_fen: What goes back; at most that.
        unshipped: Pieces that are still to be shipped, by position; of them it stops its own.

    Returns:
        The book, and the lines with what is stopped.
    """
    granted = tuple(
        replace(one, stopped=min(one.quantity, unshipped.get(one.position, 0))) for one in lines
    )
    changed = {
        one.position: replace(
            book.line(one.position), stopped=book.line(one.position).stopped + one.stopped
        )
        for one in granted
    }
    after = book._with(
        changed,
        len(book.lines),
        asked_fen=book.asked_fen - asked_fen + amount_fen,
        granted_fen=book.granted_fen + amount_fen,
    )
    return after, granted


def bring_back(book: RefundBook, refund: "RefundOrder") -> RefundBook:
    """The book once a refund's stopped pieces are in stock again."""
    changed = {
        one.position: replace(
            book.line(one.position), back=book.line(one.position).back + one.stopped
        )
        for one in refund.lines
    }
    return book._with(changed, len(book.lines))
