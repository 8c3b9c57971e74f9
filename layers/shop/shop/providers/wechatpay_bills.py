"""WeChat Pay's daily bills, checked against their announced hash (`providers` 2.8).

May import: errors.
"""

import hashlib
import hmac
from datetime import date
from urllib.parse import urlencode

import msgspec

from shop.providers.transport import Answer
from shop.providers.wechatpay_bill_files import FundFlowFile, TradeBillFile
from shop.providers.wechatpay_calls import SignedCalls
from shop.providers.wechatpay_errors import code_of, refusal, unknown_outcome
from shop.providers.wechatpay_wire import Text, WireError, decode

MAX_BILL_BYTES = 64 * 1024 * 1024


class _Ticket(msgspec.Struct):
    hash_type: Text
    hash_value: Text
    download_url: str


class Bills:
    """Downloads one day's bills, at most 64 MiB each, some 250,000 trades."""

    def __init__(self, calls: SignedCalls) -> None:
        self._calls = calls

    def trade(self, day: date) -> TradeBillFile | None:
        """Payments and refunds of a Beijing day; None when there were none.

        Ready after 08:00 Beijing time of the next day, kept for three months.

        Raises:
            ProviderError: Failed; retryable with `STATEMENT_CREATING` while not ready, with
                `HASH` when the file is not the one that was announced.
            MisconfiguredError: WeChat Pay refuses our account, key or request.
        """
        content = self._bill("tradebill", {"bill_date": day.isoformat(), "bill_type": "ALL"})
        return None if content is None else TradeBillFile(content)

    def fund_flow(self, day: date) -> FundFlowFile | None:
        """Movements of the basic account on a Beijing day; None when there were none.

        Ready after 10:00 Beijing time of the next day.

        Raises:
            ProviderError: Failed; retryable with `STATEMENT_CREATING` while not ready, with
                `HASH` when the file is not the one that was announced.
            MisconfiguredError: WeChat Pay refuses our account, key or request.
        """
        asked = {"bill_date": day.isoformat(), "account_type": "BASIC"}
        content = self._bill("fundflowbill", asked)
        return None if content is None else FundFlowFile(content)

    def _bill(self, name: str, parameters: dict[str, str]) -> bytes | None:
        answer = self._calls.get(f"/v3/bill/{name}?{urlencode(parameters)}")
        if answer.status != 200:  # noqa: PLR2004
            if code_of(answer) == "NO_STATEMENT_EXIST":
                return None
            raise refusal(answer)
        ticket = _ticket(answer)
        content = self._calls.download(ticket.download_url, MAX_BILL_BYTES)
        # The download is unsigned; the hash came in a signed answer.
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if not hmac.compare_digest(digest.encode(), ticket.hash_value.lower().encode()):
            raise unknown_outcome("HASH")
        return content


def _ticket(answer: Answer) -> _Ticket:
    try:
        ticket = decode(answer.body, _Ticket)
    except WireError as failure:
        raise unknown_outcome("UNREADABLE") from failure
    if ticket.hash_type != "SHA1":
        raise unknown_outcome("HASH_TYPE")
    return ticket
