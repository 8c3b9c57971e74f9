"""WeChat Pay's daily bills in the shop's own words: amounts in fen, never floats.

Fees are in thousandths of a fen, because bills state five decimals of a yuan.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from shop.domain.calendar import business_day

Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class BilledRow:
    """One row of a trade bill: a payment, or a refund where `out_refund_no` is given.

    Attributes:
        at: The time the row names, UTC seconds.
        state: `SUCCESS` for a payment, `REFUND` for a refund, `REVOKED`.
        total_fen: The order's amount; 0 in refunds.
        settled_fen: What the fee is taken from: the amount less the merchant's vouchers.
        refund_fen: What was asked to go back; 0 in payments.
        refund_status: SUCCESS, PROCESSING, FAIL or CHANGE; "" in payments.
        fee: Thousandths of a fen; negative when given back.
        rate: The fee's rate in hundredths of a per cent; 60 is 0.60%.
    """

    at: int
    appid: str
    mchid: str
    transaction_id: str
    order_no: str
    state: str
    currency: str
    total_fen: int
    settled_fen: int
    refund_id: str
    out_refund_no: str
    refund_fen: int
    refund_status: str
    attach: str
    fee: int
    rate: int

    @property
    def day(self) -> str:
        """The Shanghai day the row names, `YYYYMMDD`."""
        return business_day(self.at)

    @property
    def is_refund(self) -> bool:
        """Whether money went back."""
        return bool(self.out_refund_no)

    @property
    def reference(self) -> str:
        """What the ledger knows it by."""
        return self.out_refund_no or self.transaction_id

    @property
    def provider_no(self) -> str:
        """What the fund-flow bill knows it by."""
        return self.refund_id if self.is_refund else self.transaction_id


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of a fund-flow bill that belongs to a trade.

    Attributes:
        provider_no: WeChat's transaction or refund id.
        is_fee: Whether it is a fee, taken or given back, and not the money itself.
        amount_fen: What came in; negative when it went out.
    """

    provider_no: str
    is_fee: bool
    amount_fen: int


@dataclass(slots=True)
class Survey:
    """A whole bill looked through once.

    Attributes:
        rows: How many there are.
        unreadable: Line numbers of rows that cannot be read, the first hundred of them.
        stated: The closing line by column; empty when it is not there or cannot be read.
        summed: The same, from the rows.
    """

    rows: int = 0
    unreadable: list[int] = field(default_factory=list)
    stated: dict[str, int] = field(default_factory=dict)
    summed: dict[str, int] = field(default_factory=dict)


class TradeBill(Protocol):
    """A trade bill that can be read more than once, row by row."""

    @property
    def digest(self) -> str:
        """What tells its content from any other."""
        ...

    def survey(self) -> Survey:
        """Look through all of it."""
        ...

    def rows(self, wanted: Wanted) -> Iterator[BilledRow]:
        """The readable rows whose order number is wanted."""
        ...

    def rows_moved(self, wanted: Wanted) -> Iterator[BilledRow]:
        """The readable rows whose transaction or refund id is wanted."""
        ...


class FundFlow(Protocol):
    """A fund-flow bill that can be read more than once, row by row."""

    @property
    def digest(self) -> str:
        """What tells its content from any other."""
        ...

    def survey(self) -> Survey:
        """Look through all of it."""
        ...

    def movements(self, wanted: Wanted) -> Iterator[Movement]:
        """The readable rows of trades whose transaction or refund id is wanted."""
        ...
