"""Signed calls to WeChat Pay, their answers verified (`providers` 2.1, 2.2).

May import: errors.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from shop import __version__
from shop.errors import ProviderError
from shop.providers.transport import MAX_ANSWER_BYTES, Answer, Transport
from shop.providers.wechatpay_certificates import PATH, REFETCH_SECONDS, opened
from shop.providers.wechatpay_crypto import Signer, Verifier, lines
from shop.providers.wechatpay_errors import refusal, unknown_outcome
from shop.providers.wechatpay_notices import SIGNATURE_TYPE, check_signature
from shop.providers.wechatpay_wire import WireError

_DONE = frozenset({200, 204})
_TRY_OTHER_HOST = frozenset({502, 503})


class SignedCalls:
    """Sends requests as the merchant. Every call here is safe to repeat with the same values.

    Args:
        mchid: The merchant's number.
        serial_no: Serial of the merchant's API certificate.
        signer: Holds the merchant's private key.
        verifier: Knows WeChat Pay's keys; without a public key among them, platform certificates
            that it does not know are downloaded.
        apiv3_keys: Open downloaded certificates.
        base_urls: Hosts in order of preference; the next is tried when one cannot be reached
            or answers 502 or 503.
        clock: UTC seconds.
        nonce: A fresh unguessable text of at most 32 characters.
        transport: The way out.
    """

    def __init__(
        self,
        *,
        mchid: str,
        serial_no: str,
        signer: Signer,
        verifier: Verifier,
        apiv3_keys: Sequence[bytes],
        base_urls: Sequence[str],
        clock: Callable[[], int],
        nonce: Callable[[], str],
        transport: Transport,
    ) -> None:
        self._mchid = mchid
        self._serial_no = serial_no
        self._signer = signer
        self._verifier = verifier
        self._apiv3_keys = tuple(apiv3_keys)
        self._fetched_at: int | None = None
        self._base_urls = tuple(base_urls)
        self._clock = clock
        self._nonce = nonce
        self._transport = transport

    def get(self, path: str) -> Answer:
        """See `call`."""
        return self.call("GET", path)

    def post(self, path: str, payload: Mapping[str, object]) -> Answer:
        """See `call`."""
        return self.call("POST", path, json.dumps(payload, ensure_ascii=False).encode())

    def call(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send, and verify the answer if it claims success.

        Returns:
            A verified success, or a failure as it came, which WeChat Pay does not sign.

        Raises:
            ProviderError: No complete answer, or a success that does not verify: then the
                outcome is unknown.
        """
        answer = self._from_any_host(method, path, body)
        if 200 <= answer.status < 300:  # noqa: PLR2004
            reason = check_signature(self._verifier, answer.headers, answer.body, self._clock())
            if reason == "unknown_serial" and self._knows_more():
                reason = check_signature(self._verifier, answer.headers, answer.body, self._clock())
            if reason is not None:
                raise unknown_outcome(f"UNVERIFIED:{reason}")
        return answer

    def _knows_more(self) -> bool:
        """Download the certificates if that was not tried lately; whether any came.

        They are opened with our APIv3 key and must have signed the answer that brings them.
        """
        now = self._clock()
        is_early = self._fetched_at is not None and now < self._fetched_at + REFETCH_SECONDS
        if self._verifier.preferred_serial is not None or is_early:
            return False
        self._fetched_at = now
        try:
            answer = self._from_any_host("GET", PATH, b"")
            found = opened(answer.body, self._apiv3_keys, now) if answer.status == 200 else {}  # noqa: PLR2004
        except (ProviderError, WireError):
            return False
        if check_signature(Verifier(found), answer.headers, answer.body, now) is not None:
            return False
        self._verifier.add(found)
        return True

    def download(self, url: str, max_bytes: int) -> bytes:
        """The bytes behind a download address; WeChat Pay does not sign them.

        Raises:
            ShopError: As `refusal` says.
        """
        answer = self._send("GET", url, b"", max_bytes)
        if answer.status not in _DONE:
            raise refusal(answer)
        return answer.body

    def _from_any_host(self, method: str, path: str, body: bytes) -> Answer:
        may_have_acted = False
        *others, last = self._base_urls
        for base_url in others:
            try:
                answer = self._send(method, base_url + path, body)
            except ProviderError as failure:
                if failure.outcome_unknown:
                    raise
                continue
            if answer.status not in _TRY_OTHER_HOST:
                return answer
            may_have_acted = True
        try:
            return self._send(method, last + path, body)
        except ProviderError as failure:
            failure.outcome_unknown = failure.outcome_unknown or may_have_acted
            raise

    def _send(
        self, method: str, url: str, body: bytes, max_bytes: int = MAX_ANSWER_BYTES
    ) -> Answer:
        headers = {
            "Accept": "application/json",
            "User-Agent": f"yunpu/{__version__}",
            "Authorization": self._authorization(method, url, body),
        }
        if body:
            headers["Content-Type"] = "application/json"
        if serial := self._verifier.preferred_serial:
            headers["Wechatpay-Serial"] = serial
        return self._transport.send(method, url, headers=headers, body=body, max_bytes=max_bytes)

    def _authorization(self, method: str, url: str, body: bytes) -> str:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        timestamp, nonce = str(self._clock()), self._nonce()
        signature = self._signer.sign(lines(method, target, timestamp, nonce) + body + b"\n")
        return (
            f'{SIGNATURE_TYPE} mchid="{self._mchid}",nonce_str="{nonce}",'
            f'timestamp="{timestamp}",serial_no="{self._serial_no}",signature="{signature}"'
        )
