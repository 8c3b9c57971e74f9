"""The money ledger: one entry for each movement of money, never changed and never removed.

A payment is booked under the business day it was paid, a refund under the day its success was
heard of, a fee under the day of the bill that states it.
"""

from dataclasses import dataclass
from enum import StrEnum

from shop.domain.calendar import business_day
from shop.domain.refund import RefundOrder


class EntryKind(StrEnum):
    """What moved."""

    PAYMENT = "P"
    REFUND = "R"
    FEE = "F"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of one order's money.

    Attributes:
        reference: WeChat's transaction id of a payment, our number of a refund; a fee has that of
            what it was taken for, or given back for.
        amount: Fen for payments and refunds, at least 1; thousandths of a fen for fees, as bills
            state them, negative when given back.
        at: UTC seconds.
    """

    kind: EntryKind
    order_no: str
    customer_id: str
    reference: str
    amount: int
    at: int

    @property
    def day(self) -> str:
        """The business day it is booked under, `YYYYMMDD`, Shanghai."""
        return business_day(self.at)


def of_refund(refund: RefundOrder) -> Entry:
    """The entry of a refund that has succeeded."""
    return Entry(
        kind=EntryKind.REFUND,
        order_no=refund.order_no,
        customer_id=refund.customer_id,
        reference=refund.out_refund_no,
        amount=refund.amount_fen,
        at=refund.settled_at,
    )
