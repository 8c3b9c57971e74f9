"""Refunds, as staff send and see them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.refund import RefundOrder
from shop.usecases.refund_desk import Decision, Wanted
from shop.web.schemas.fields import Id, Price
from shop.web.schemas.orders import RefundLines, pieces_of
from shop.web.schemas.times import rfc3339

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class ApproveRefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Grant a request, all of it unless `amount_fen` says less."""

    reason: Reason
    amount_fen: Price | None = None


class CreateRefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refund that the buyer did not ask for."""

    order_no: Id
    lines: RefundLines
    reason: Reason
    amount_fen: Price | None = None

    def wanted(self) -> Wanted:
        """What is given back.

        Raises:
            ValidationError: A line is named twice.
        """
        return Wanted(self.order_no, pieces_of(self.lines), self.amount_fen)


class RefundPartView(msgspec.Struct, frozen=True):
    """Pieces of one line; `returning` of them were never shipped and go back into the stock."""

    line_id: str
    quantity: int
    worth_fen: int
    returning: int


class StaffRefundView(msgspec.Struct, frozen=True):
    """A refund. `amount_fen` is at most `worth_fen`, which has `freight_fen` in it."""

    refund_no: str
    order_no: str
    status: str
    cause: str
    amount_fen: int
    worth_fen: int
    freight_fen: int
    lines: Sequence[RefundPartView]
    asked_by: str
    reason: str
    description: str
    requested_at: str
    decided_by: str | None
    decision: str | None
    replaced_by: str | None
    approval_id: str | None = None
    """The request that waits for a second person, where so much goes back."""

    @classmethod
    def of(cls, refund: RefundOrder, approval_id: str | None = None) -> "StaffRefundView":
        """The view of a refund."""
        return cls(
            refund_no=refund.out_refund_no,
            order_no=refund.order_no,
            status=refund.status,
            cause=refund.cause,
            amount_fen=refund.amount_fen,
            worth_fen=refund.worth_fen if refund.lines else refund.amount_fen,
            freight_fen=refund.freight_fen,
            lines=[
                RefundPartView(str(one.position), one.quantity, one.worth_fen, one.stopped)
                for one in refund.lines
            ],
            asked_by=refund.asked_by,
            reason=refund.words,
            description=refund.description,
            requested_at=rfc3339(refund.requested_at),
            decided_by=refund.decided_by or None,
            decision=refund.decision or None,
            replaced_by=f"{refund.order_no}-{refund.replaced_by}" if refund.replaced_by else None,
            approval_id=approval_id,
        )

    @classmethod
    def decided(cls, decision: Decision) -> "StaffRefundView":
        """The view of what staff decided."""
        return cls.of(decision.refund, decision.approval_id)
