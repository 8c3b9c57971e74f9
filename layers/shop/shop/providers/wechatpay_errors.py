"""WeChat Pay's error codes, in both spellings, as the shop's errors (`providers` 2.7).

May import: errors, telemetry.
"""

import msgspec

from shop.errors import ConflictError, ProviderError, ShopError
from shop.providers.transport import Answer
from shop.telemetry import logger, misconfigured

PROVIDER = "wechatpay"

_SPELLINGS = {
    "ORDERPAID": "ORDER_PAID",
    "ORDERCLOSED": "ORDER_CLOSED",
    "ORDERNOTEXIST": "ORDER_NOT_EXIST",
    "NOTENOUGH": "NOT_ENOUGH",
    "RULELIMIT": "RULE_LIMIT",
    "BANKERROR": "BANK_ERROR",
    "SYSTEMERROR": "SYSTEM_ERROR",
    "RATELIMIT_EXCEEDED": "FREQUENCY_LIMITED",
}
_OURS = frozenset(
    {
        "PARAM_ERROR",
        "APPID_MCHID_NOT_MATCH",
        "MCH_NOT_EXISTS",
        "SIGN_ERROR",
        "NO_AUTH",
        "OPENID_MISMATCH",
    }
)
CLOSED = ("payment_closed", "支付已关闭，请重新下单")
OTHER_VALUES = ("out_trade_no_used", "订单号已被使用，请重新下单")
_CONFLICTS = {
    "ORDER_PAID": ("already_paid", "订单已支付"),
    "ORDER_CLOSED": CLOSED,
    "OUT_TRADE_NO_USED": OTHER_VALUES,
}
_UNSENT = frozenset({"FREQUENCY_LIMITED", "NOT_ENOUGH", "USERPAYING", "STATEMENT_CREATING"})
_ABSENT = frozenset({"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"})


class _Problem(msgspec.Struct):
    code: str = ""


def code_of(answer: Answer) -> str:
    """The answer's error code in its present spelling, "" when it has none."""
    try:
        code = msgspec.json.decode(answer.body, type=_Problem).code
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return _SPELLINGS.get(code, code)


def is_absent(answer: Answer) -> bool:
    """Whether WeChat Pay itself says that it knows no such order or refund.

    A 404 without one of its codes may come from anything on the way, and proves nothing.
    """
    return answer.status == 404 and code_of(answer) in _ABSENT  # noqa: PLR2004


def says_other_values(answer: Answer) -> bool:
    """Whether a prepay was refused because its number is known with other values.

    WeChat Pay says so in two ways; the second is our malformed request under status 400.
    """
    code = code_of(answer)
    return answer.status == 403 and code in ("OUT_TRADE_NO_USED", "INVALID_REQUEST")  # noqa: PLR2004


def refusal(answer: Answer) -> ShopError:
    """What to raise for an answer that is not a success."""
    code = code_of(answer)
    if code in _CONFLICTS:
        return ConflictError(*_CONFLICTS[code])
    if code in _OURS or (code == "INVALID_REQUEST" and answer.status == 400):  # noqa: PLR2004
        logger.error(
            "wechatpay refuses our request",
            provider_code=code,
            status=answer.status,
            provider_request_id=answer.headers.get("request-id", "")[:64],
        )
        return misconfigured(provider_code=code)
    if code in _UNSENT or answer.status == 429:  # noqa: PLR2004
        return ProviderError(PROVIDER, code or "429", retryable=True)
    # A refusal with a 4xx code did nothing; anything else may have acted before it failed.
    refused = bool(code) and 400 <= answer.status < 500  # noqa: PLR2004
    return ProviderError(
        PROVIDER,
        code[:64] or str(answer.status),
        retryable=not refused,
        outcome_unknown=not refused,
    )


def unknown_outcome(code: str) -> ProviderError:
    """The call may have taken effect; the answer could not be trusted or read."""
    return ProviderError(PROVIDER, code, retryable=True, outcome_unknown=True)
