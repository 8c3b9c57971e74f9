"""What the use cases need from vendors, in the shop's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from shop.domain.bills import FundFlow, TradeBill
    from shop.domain.customer import Identity
    from shop.domain.payment import Payment, PayParams, PrepayRequest, Refund, RefundRequest
    from shop.domain.search import Asked, Page
    from shop.domain.shipment import Tracking
    from shop.domain.shipping_report import Known, Report
    from shop.domain.waybill import Waybill, WaybillRequest


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

    def settle_abnormal_refund(self, refund_id: str, out_refund_no: str) -> Refund:
        """Send a refund that the payee's bank refused to the merchant's own card."""
        ...


class BillSource(Protocol):
    """Hands out WeChat Pay's daily bills, checked against their announced hash."""

    def trade(self, day: date) -> TradeBill | None:
        """Payments and refunds of a Shanghai day; None when there were none.

        Raises:
            ProviderError: `HASH` when it is not the file that was announced; else not to be had
                now, `STATEMENT_CREATING` while it is being made.
            MisconfiguredError: WeChat Pay refuses our account or key.
        """
        ...

    def fund_flow(self, day: date) -> FundFlow | None:
        """What moved on the merchant's account; errors as for `trade`."""
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


class LiveTracker(Protocol):
    """Looks parcels up."""

    def query(self, company: str, tracking_no: str, phone_tail: str) -> Tracking:
        """One live lookup. The caller keeps 30 minutes between lookups of one number.

        Raises:
            ProviderError: Failed.
            MisconfiguredError: Our account is refused.
        """
        ...


class ParcelTracker(LiveTracker, Protocol):
    """Looks parcels up and subscribes to their events."""

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


class SearchEngine(Protocol):
    """Finds products by words. A shop that outgrows the embedded index plugs its own in here."""

    def find(self, asked: Asked) -> Page:
        """One page of products, in an order that later pages continue; text is never syntax.

        Raises:
            InvalidError: `invalid_cursor`: a place that no page of such a search ended at.
            UnavailableError: No answer.
        """
        ...

    def suggest(self, text: str, limit: int) -> Sequence[str]:
        """Words of the catalogue that begin so, in characters or pinyin initials, best first.

        Raises:
            UnavailableError: No answer.
        """
        ...

    def best_selling(self, limit: int) -> Sequence[str]:
        """Words for what sells best, for a shop in which nobody has searched yet.

        Raises:
            UnavailableError: No answer.
        """
        ...

    def has_word(self, text: str) -> bool:
        """Whether the catalogue itself says this, so that it may be shown to others.

        Raises:
            UnavailableError: No answer.
        """
        ...


class ObjectVersions(Protocol):
    """The versions of one stored file, none of which ever changes."""

    def put(self, path: Path) -> str:
        """Store a file and name its version.

        Raises:
            UnavailableError: It may have been stored.
        """
        ...

    def fetch(self, version: str, path: Path) -> None:
        """Write a version to a file.

        Raises:
            UnavailableError: No answer, or there is no such version.
        """
        ...

    def has(self, version: str) -> bool:
        """Whether a version is there.

        Raises:
            UnavailableError: No answer.
        """
        ...


class WaybillMaker(Protocol):
    """Has couriers make electronic waybills."""

    def make(self, request: WaybillRequest) -> Waybill:
        """Ask for one waybill.

        Raises:
            ConflictError: `no_courier_account`, or `waybill_refused` with `provider_code`.
            ProviderError: Failed; it may have been made when the outcome is unknown.
            MisconfiguredError: Our account is refused.
        """
        ...


class LabelStore(Protocol):
    """Keeps labels, sealed, by name."""

    def keep(self, name: str, sealed: bytes) -> None:
        """Store one in the place of one of the same name; UnavailableError: it may be stored."""
        ...

    def fetch(self, name: str) -> bytes:
        """One as it was stored; UnavailableError: no answer, or there is none."""
        ...


class MessageSender(Protocol):
    """Sends subscribe messages."""

    def send_subscribe(
        self, openid: str, template_id: str, page: str, values: Mapping[str, str]
    ) -> bool:
        """Send one message that opens `page`, or nothing when it is "".

        Returns:
            False when the buyer does not want it or used the permission up.

        Raises:
            ProviderError: Failed; it may have been sent when the outcome is unknown.
            MisconfiguredError: WeChat refuses our template, page or values.
        """
        ...


class ShippingDuty(Protocol):
    """WeChat's order shipping management: what it must be told before it pays out."""

    def known(self, transaction_id: str) -> Known | None:
        """What WeChat has of an order; None while its index does not know the payment yet.

        Raises:
            ProviderError: No usable answer.
            MisconfiguredError: WeChat refuses our app or address.
        """
        ...

    def tell(
        self, transaction_id: str, openid: str, report: Report, *, now: int, serial: int
    ) -> None:
        """Report parcels; what WeChat has already counts as told.

        Args:
            transaction_id: WeChat Pay's number of the payment.
            openid: Who paid.
            report: The parcels.
            now: UTC seconds.
            serial: Grows from one report of an order to the next within a second, 0-999.

        Raises:
            ConflictError: `report_refused`: for good, `context["provider_code"]` says why.
            ProviderError: Failed, or the outcome is unknown.
            MisconfiguredError: WeChat refuses our app or address.
        """
        ...
