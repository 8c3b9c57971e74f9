"""What the use cases need from vendors, in the shop's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shop.domain.customer import Identity
    from shop.domain.payment import Payment, PayParams, PrepayRequest, Refund, RefundRequest
    from shop.domain.shipment import Tracking


class IdentityProvider(Protocol):
    """Exchanges a one-use login code."""

    def identify(self, code: str) -> Identity:
        """Ask WeChat who sent the code.

        Raises:
            UnauthenticatedError: `login_code_invalid`: wrong, used, or expired.
            ForbiddenError: WeChat blocks this user.
            TooManyRequestsError: WeChat limits this user.
            ProviderError: No usable answer; the client must bring a new code.
            MisconfiguredError: WeChat refuses our app id or secret.
        """
        ...


class PaymentGateway(Protocol):
    """Takes and returns money. Every call is safe to repeat with the same values."""

    def prepay(self, request: PrepayRequest) -> str:
        """Open the payment order; returns the prepay id, good for two hours.

        Raises:
            ConflictError: `already_paid` when the provider says so, `payment_closed` when it
                closed the order, `out_trade_no_used` when it knows other values.
            ProviderError: Failed, or the outcome is unknown.
        """
        ...

    def sign_params(self, prepay_id: str, *, now: int, nonce: str) -> PayParams:
        """Sign what the mini-program hands to `wx.requestPayment`. No network."""
        ...

    def query(self, out_trade_no: str) -> Payment:
        """What the provider knows of an order; state NOT_FOUND when nothing."""
        ...

    def close(self, out_trade_no: str) -> None:
        """Make the order unpayable. Already closed and never opened count as done.

        Raises:
            ConflictError: `already_paid`.
            ProviderError: Failed, or the outcome is unknown.
        """
        ...

    def refund(self, request: RefundRequest) -> Refund:
        """Ask for a refund. Accepted (PROCESSING) is not done."""
        ...

    def query_refund(self, out_refund_no: str) -> Refund:
        """What the provider knows of a refund; state NOT_FOUND when nothing."""
        ...


class NoticeVerifier(Protocol):
    """Turns raw callback bytes into statements that can be trusted."""

    def verify_notice(
        self, headers: Mapping[str, str], body: bytes, *, now: int
    ) -> Payment | Refund:
        """Check headers, age (300 s), serial, signature, then decrypt. No network, no store.

        Args:
            headers: Lower-case names.
            body: The bytes as received.
            now: UTC seconds.

        Raises:
            UnauthenticatedError: Anything does not verify.
            InvalidError: Genuine, but of a kind this shop does not handle.
        """
        ...


class ParcelTracker(Protocol):
    """Looks parcels up and subscribes to their events."""

    def query(self, company: str, tracking_no: str, phone_tail: str) -> Tracking:
        """One live lookup. The caller keeps 30 minutes between lookups of one number."""
        ...

    def subscribe(self, company: str, tracking_no: str, phone_tail: str, callback_url: str) -> None:
        """Ask for pushes; repeating is harmless."""
        ...

    def verify_push(self, form: Mapping[str, str]) -> Tracking:
        """Check the push's sign and read it.

        Raises:
            UnauthenticatedError: The sign is wrong.
            InvalidError: The push cannot be read.
        """
        ...
