"""Exchange a code for a coupon: once for a single-use code, once a key and within limits for all.

One answer stands for a code that is wrong, used or too late, so that tries tell nothing.
"""

from shop.domain.calendar import business_day, seconds_left
from shop.domain.coupon import CouponClaim, Obtained
from shop.domain.coupon_code import hash_of, read_code
from shop.errors import ConflictError, TooManyRequestsError, ValidationError
from shop.store import coupon_codes, daily_counts
from shop.usecases import claim_coupon, coupon_grant, coupon_terms

MOST_CODES_A_DAY = 30
"""Different codes that a customer can try on a day (Shanghai); one that is repeated counts once."""
_COUNT = "exchange"


def exchange(customer_id: str, text: str, idempotency_key: str, now: int) -> CouponClaim:
    """Give the customer the coupon behind a code; the same code again is the same claim.

    Three to five units: the try is counted, the key becomes the code's, a single-use code the
    customer's, the coupon is given. A code that is the customer's stays so when the coupon cannot
    be had now.

    Raises:
        ValidationError: `idempotency_key_reused`: the key came with another code that was good.
        TooManyRequestsError: Too many codes were tried today.
        ConflictError: `code_invalid`; `coupon_exhausted`, `claim_limit_reached`,
            `new_customers_only` for a genuine code.
    """
    code = read_code(text)
    code_hash = hash_of(code or text)
    day = business_day(now)
    if not daily_counts.count(
        customer_id, _COUNT, day, code_hash[:8], most=MOST_CODES_A_DAY, now=now
    ):
        raise TooManyRequestsError(seconds_left(now), "今天尝试的次数已用完，请明天再试")
    row = coupon_codes.find(code_hash) if code else None
    if row is None or row.used_by not in (None, customer_id):
        raise _invalid()
    template = coupon_terms.template(str(row.coupon_id), now)
    if template.obtained is not Obtained.CODE:
        raise _invalid()
    key = f"code#{code_hash}"
    code_refused = claim_coupon.refused(customer_id, template, now)
    known, count = coupon_grant.granted(customer_id, template, key, now)
    if known:
        _bind(customer_id, idempotency_key, code_hash, now)
        return known
    if code_refused:
        raise _invalid() if code_refused == "claim_not_open" else coupon_grant.refusal(code_refused)
    if count >= template.per_customer:
        # Before the code is used up, so that somebody else can still use it.
        raise coupon_grant.refusal("claim_limit_reached")
    _bind(customer_id, idempotency_key, code_hash, now)
    if not row.is_shared and not coupon_codes.use_up(code_hash, customer_id):
        raise _invalid()
    return coupon_grant.grant(customer_id, template, key, now)


def _bind(customer_id: str, key: str, code_hash: str, now: int) -> None:
    if not coupon_codes.bind_key(customer_id, key, code_hash, now):
        raise ValidationError("idempotency_key_reused", "Idempotency-Key 已用于其他请求")


def _invalid() -> ConflictError:
    return ConflictError("code_invalid", "兑换码无效")
