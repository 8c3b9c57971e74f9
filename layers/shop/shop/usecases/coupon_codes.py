"""Batches of exchange codes: made page by page, each page told once, to whoever asked first.

A code is an HMAC of its place in the batch, so that a page that was cut off anywhere is simply
asked for again under the same key; only hashes are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.domain.coupon import CouponTemplate, Obtained
from shop.domain.coupon_code import CODES_PER_PAGE, CodeUse, code_of, hash_of
from shop.errors import ConflictError, NotFoundError, UnavailableError
from shop.store import coupon_codes, coupons, staff
from shop.store.coupon_codes import CodePageRow
from shop.store.staff import StaffWrite
from shop.store.writes import ConditionFailed, together

_PURPOSE = "coupon-code"


@dataclass(frozen=True, slots=True)
class CodePage:
    """What staff ask for: `count` codes, at most 200, as the page of that number of a batch."""

    batch: str
    page: int
    count: int
    use: CodeUse


def tell(write: StaffWrite, coupon_id: str, wanted: CodePage, ring: KeyRing) -> Sequence[str]:
    """Make a page of codes usable and tell them; at most 200 units.

    Raises:
        NotFoundError: There is no such coupon.
        ConflictError: `codes_told`: under another key; `not_by_code`: the coupon is had otherwise.
        ValidationError: `idempotency_key_reused`.
        UnavailableError: It stopped half-way; the same key goes on.
    """
    template = coupons.template_of(coupon_id)
    if template is None:
        raise NotFoundError
    if template.obtained is not Obtained.CODE:
        raise ConflictError("not_by_code", "该优惠券不是通过兑换码发放的")
    version = _agreed(write, template, wanted, ring.current)
    codes = [
        code_of(ring.mac(_PURPOSE, _place(coupon_id, wanted, number).encode(), version))
        for number in range(wanted.count)
    ]
    for code in codes:
        coupon_codes.keep(hash_of(code), coupon_id, wanted.batch, wanted.use)
    return codes


def _place(coupon_id: str, wanted: CodePage, number: int) -> str:
    return f"{coupon_id}|{wanted.batch}|{wanted.page * CODES_PER_PAGE + number}"


def _agreed(write: StaffWrite, template: CouponTemplate, wanted: CodePage, current: str) -> str:
    """The key version that a page's codes are made under, now or by this very request before."""
    told_to = f"{write.actor}#{write.key}"
    row = CodePageRow(
        told_to=told_to,
        codes=wanted.count,
        use=wanted.use,
        key_version=current,
        told_at=write.at,
    )
    page = coupon_codes.tell_page(template.id, wanted.batch, wanted.page, row)
    try:
        together([*staff.guard(write), page])
    except ConditionFailed as refused:
        staff.replayed(write, refused.failed[0])
        found = coupon_codes.page_of(template.id, wanted.batch, wanted.page)
        if found is None:
            raise UnavailableError from refused
        if (found.told_to, int(found.codes), found.use) != (told_to, wanted.count, wanted.use):
            raise ConflictError("codes_told", "该页兑换码已经导出过") from refused
        return str(found.key_version)
    return current
