"""WeChat Pay API v3 for one merchant's mini-program (`providers` 2).

Satisfies the shop's payment gateway and notice verifier. Money is integer fen, times are UTC
seconds. Importing this module and making the client read no key and open no connection.
May import: errors, domain, telemetry.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from shop.domain.payment import (
    Payment,
    PayParams,
    PrepayRequest,
    Refund,
    RefundRequest,
    RefundState,
    TradeState,
)
from shop.errors import ConflictError
from shop.providers import wechatpay_wire as wire
from shop.providers.transport import Answer, Transport
from shop.providers.wechatpay_bills import Bills
from shop.providers.wechatpay_calls import SignedCalls
from shop.providers.wechatpay_crypto import Signer, Verifier, lines
from shop.providers.wechatpay_errors import (
    CLOSED,
    OTHER_VALUES,
    code_of,
    is_absent,
    refusal,
    says_other_values,
    unknown_outcome,
)
from shop.providers.wechatpay_notices import NoticeReader
from shop.telemetry import misconfigured

NOTIFY_PATH = "/v1/notify/wechatpay"
_APIV3_KEY_BYTES = 32
_OK = 200
_NO_CONTENT = 204
_MALFORMED = frozenset({"INVALID_REQUEST", "PARAM_ERROR"})

_Value = TypeVar("_Value")


class WechatPay:
    """One merchant, one app.

    Args:
        appid: The mini-program the merchant is bound to.
        mchid: The merchant's number.
        serial_no: Serial of the merchant's API certificate.
        private_key_pem: The merchant's private key.
        apiv3_keys: 32 characters each: the current one first, then the one being replaced.
        public_keys: WeChat Pay's public keys or platform certificates, PEM by serial.
        base_urls: WeChat Pay's hosts in order of preference.
        public_base_url: Where WeChat Pay reaches us; `NOTIFY_PATH` is added.
        clock: UTC seconds.
        nonce: A fresh unguessable text of at most 32 characters.
        transport: The way out.

    Raises:
        MisconfiguredError: An APIv3 key has another length, or there is none.
    """

    def __init__(
        self,
        *,
        appid: str,
        mchid: str,
        serial_no: str,
        private_key_pem: str,
        apiv3_keys: Sequence[str],
        public_keys: Mapping[str, str],
        base_urls: Sequence[str],
        public_base_url: str,
        clock: Callable[[], int],
        nonce: Callable[[], str],
        transport: Transport,
    ) -> None:
        keys = tuple(key.encode() for key in apiv3_keys)
        if not keys or any(len(key) != _APIV3_KEY_BYTES for key in keys):
            raise misconfigured()
        self._appid = appid
        self._mchid = mchid
        self._clock = clock
        self._notify_url = public_base_url + NOTIFY_PATH
        self._signer = Signer(private_key_pem)
        verifier = Verifier(public_keys)
        self._notices = NoticeReader(verifier, keys, mchid)
        self._calls = SignedCalls(
            mchid=mchid,
            serial_no=serial_no,
            signer=self._signer,
            verifier=verifier,
            apiv3_keys=keys,
            base_urls=base_urls,
            clock=clock,
            nonce=nonce,
            transport=transport,
        )
        self.bills = Bills(self._calls)

    def prepay(self, request: PrepayRequest) -> str:
        """Open the payment order, or get a fresh id for the one opened with the same values.

        Raises:
            ConflictError: `already_paid`; `payment_closed` when it is closed or past its time;
                `out_trade_no_used` when WeChat Pay knows the number with other values.
            ProviderError: Failed, or the outcome is unknown.
            MisconfiguredError: WeChat Pay refuses our account, key or request.
        """
        payload = {
            "appid": self._appid,
            "mchid": self._mchid,
            "description": request.description,
            "out_trade_no": request.out_trade_no,
            "time_expire": wire.beijing(request.expires_at),
            "notify_url": self._notify_url,
            "amount": {"total": request.total_fen, "currency": "CNY"},
            "payer": {"openid": request.openid},
        }
        if request.attach:
            payload["attach"] = request.attach
        answer = self._calls.post("/v3/pay/transactions/jsapi", payload)
        if says_other_values(answer):
            raise ConflictError(*OTHER_VALUES)
        # WeChat Pay has no code of its own for an order past its time.
        if code_of(answer) in _MALFORMED and self._clock() >= request.expires_at:
            raise ConflictError(*CLOSED)
        return _read(answer, wire.prepay_id)

    def sign_params(self, prepay_id: str, *, now: int, nonce: str) -> PayParams:
        """Sign what the mini-program hands to `wx.requestPayment`. No network."""
        package = f"prepay_id={prepay_id}"
        return PayParams(
            time_stamp=str(now),
            nonce_str=nonce,
            package=package,
            sign_type="RSA",
            pay_sign=self._signer.sign(lines(self._appid, str(now), nonce, package)),
        )

    def query(self, out_trade_no: str) -> Payment:
        """What WeChat Pay knows of our order; state NOT_FOUND when it says it knows nothing.

        Raises:
            ProviderError: No answer that can be trusted.
            MisconfiguredError: WeChat Pay refuses our account or key.
        """
        path = f"{_order_path(out_trade_no)}?mchid={self._mchid}"
        answer = self._calls.get(path)
        if is_absent(answer):
            return Payment(out_trade_no, TradeState.NOT_FOUND)
        payment = _read(answer, wire.payment)
        if payment.out_trade_no != out_trade_no:
            raise unknown_outcome("OTHER_ORDER")
        return payment

    def query_transaction(self, transaction_id: str) -> Payment | None:
        """What WeChat Pay knows of a payment by its own number; None when nothing.

        Raises:
            ProviderError: No answer that can be trusted.
            MisconfiguredError: WeChat Pay refuses our account or key.
        """
        number = quote(transaction_id, safe="")
        answer = self._calls.get(f"/v3/pay/transactions/id/{number}?mchid={self._mchid}")
        if is_absent(answer):
            return None
        payment = _read(answer, wire.payment)
        if payment.transaction_id != transaction_id:
            raise unknown_outcome("OTHER_ORDER")
        return payment

    def close(self, out_trade_no: str) -> None:
        """Make the order unpayable. Already closed and never opened count as done.

        Raises:
            ConflictError: `already_paid`.
            ProviderError: Failed, or the outcome is unknown.
            MisconfiguredError: WeChat Pay refuses our account or key.
        """
        answer = self._calls.post(f"{_order_path(out_trade_no)}/close", {"mchid": self._mchid})
        if answer.status == _NO_CONTENT or is_absent(answer) or code_of(answer) == "ORDER_CLOSED":
            return
        failure = refusal(answer)
        if isinstance(failure, ConflictError) and failure.code != "already_paid":
            raise unknown_outcome(code_of(answer))
        raise failure

    def refund(self, request: RefundRequest) -> Refund:
        """Ask for a refund; repeating with the same values is harmless. Accepted is not done.

        Raises:
            ProviderError: `NOT_ENOUGH` can be repeated after a top-up; other codes with
                neither flag set are refusals for an operator; else as flagged.
            MisconfiguredError: WeChat Pay refuses our account, key or request.
        """
        payload: dict[str, object] = {
            "transaction_id": request.transaction_id,
            "out_refund_no": request.out_refund_no,
            "notify_url": self._notify_url,
            "amount": {
                "refund": request.refund_fen,
                "total": request.total_fen,
                "currency": "CNY",
            },
        }
        if request.reason:
            payload["reason"] = request.reason
        answer = self._calls.post("/v3/refund/domestic/refunds", payload)
        return self._same_refund(answer, request.out_refund_no)

    def query_refund(self, out_refund_no: str) -> Refund:
        """What WeChat Pay knows of a refund; state NOT_FOUND when it says it knows nothing.

        Raises:
            ProviderError: No answer that can be trusted.
            MisconfiguredError: WeChat Pay refuses our account or key.
        """
        number = quote(out_refund_no, safe="")
        answer = self._calls.get(f"/v3/refund/domestic/refunds/{number}")
        if is_absent(answer):
            return Refund(out_refund_no, "", RefundState.NOT_FOUND)
        return self._same_refund(answer, out_refund_no)

    def settle_abnormal_refund(self, refund_id: str, out_refund_no: str) -> Refund:
        """Send an ABNORMAL refund to the merchant's own card; an operator pays the buyer back.

        The other way, to a card the buyer names, would need card data the shop never holds.

        Raises:
            ProviderError: Failed, or the outcome is unknown.
            MisconfiguredError: WeChat Pay refuses our account, key or request.
        """
        number = quote(refund_id, safe="")
        answer = self._calls.post(
            f"/v3/refund/domestic/refunds/{number}/apply-abnormal-refund",
            {"out_refund_no": out_refund_no, "type": "MERCHANT_BANK_CARD"},
        )
        return self._same_refund(answer, out_refund_no)

    def verify_notice(
        self, headers: Mapping[str, str], body: bytes, *, now: int
    ) -> Payment | Refund:
        """Check headers, age, serial and signature, then decrypt. No network, no store.

        Whose order and how much is for the caller to compare.

        Args:
            headers: Lower-case names.
            body: The bytes as received.
            now: UTC seconds.

        Raises:
            UnauthenticatedError: `notice_rejected`: anything does not verify; the context's
                `reason` says what. "probe" is WeChat Pay testing us, "decrypt" is a wrong
                APIv3 key on our side.
            InvalidError: `notice_ignored`: genuine, of a kind this shop does not handle.
        """
        return self._notices.read(headers, body, now)

    def _same_refund(self, answer: Answer, out_refund_no: str) -> Refund:
        refund = _read(answer, wire.refund)
        if refund.out_refund_no != out_refund_no:
            raise unknown_outcome("OTHER_REFUND")
        return refund


def _order_path(out_trade_no: str) -> str:
    return f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}"


def _read(answer: Answer, reader: Callable[[bytes], _Value]) -> _Value:
    if answer.status != _OK:
        raise refusal(answer)
    try:
        return reader(answer.body)
    except wire.WireError as failure:
        raise unknown_outcome("UNREADABLE") from failure
