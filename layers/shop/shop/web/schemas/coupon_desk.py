"""Coupons that are out, as staff change them, give them away and see their effect."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from shop.domain.calendar import date_of
from shop.domain.coupon import CouponTemplate
from shop.domain.coupon_code import CODES_PER_PAGE, MOST_PAGES, CodeUse
from shop.usecases.coupon_codes import CodePage
from shop.usecases.coupon_desk import MOST_DAYS, DayEffect
from shop.usecases.gift_coupon import MOST_CUSTOMERS, PAGE, Given
from shop.usecases.notes import Outcome
from shop.web.schemas.fields import Id, Moment, SaleId, Text
from shop.web.schemas.texts import wrong
from shop.web.schemas.times import rfc3339

PageNumber = Annotated[int, msgspec.Meta(ge=0, le=MOST_PAGES - 1)]


class CouponChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can still be changed of a coupon; what is left out stays."""

    reason: Text
    quota: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)] | None = None
    claim_ends_at: Moment | None = None


class ChangedCouponView(msgspec.Struct, frozen=True):
    """A coupon after a change."""

    coupon_id: str
    outcome: Outcome
    quota: int
    claim_ends_at: str

    @classmethod
    def of(cls, one: CouponTemplate, outcome: Outcome) -> "ChangedCouponView":
        """From the domain's."""
        return cls(one.id, outcome, one.quota, rfc3339(one.claim_ends_at))


class CodesRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a batch of exchange codes."""

    batch: SaleId
    page: PageNumber
    count: Annotated[int, msgspec.Meta(ge=1, le=CODES_PER_PAGE)]
    use: CodeUse = CodeUse.ONCE

    def to_domain(self) -> CodePage:
        """The page."""
        return CodePage(self.batch, self.page, self.count, self.use)


class CodesView(msgspec.Struct, frozen=True):
    """The codes of a page. They are told once: nobody can read them again."""

    batch: str
    page: int
    use: CodeUse
    codes: Sequence[str]


class GiftRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gift to so many customers."""

    gift_id: SaleId
    customers: Annotated[int, msgspec.Meta(ge=1, le=MOST_CUSTOMERS)]
    reason: Text


class GiftView(msgspec.Struct, frozen=True):
    """A gift; `approval_id` names the request that waits for a second person, if it does."""

    gift_id: str
    customers: int
    allowed: bool
    approval_id: str | None


class GiftPageRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a gift's customers: at most a hundred, nobody twice."""

    page: Annotated[int, msgspec.Meta(ge=0, le=MOST_CUSTOMERS // PAGE - 1)]
    customer_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=PAGE)]

    def people(self) -> Sequence[str]:
        """Whom it names.

        Raises:
            ValidationError: Somebody stands twice.
        """
        if len(set(self.customer_ids)) != len(self.customer_ids):
            raise wrong("customer_ids", "names somebody twice")
        return self.customer_ids


class RefusedView(msgspec.Struct, frozen=True):
    """A customer who was not given the coupon, and why."""

    customer_id: str
    code: str


class GivenView(msgspec.Struct, frozen=True):
    """What became of a page."""

    given: int
    refused: Sequence[RefusedView]

    @classmethod
    def of(cls, one: Given) -> "GivenView":
        """From the use case's."""
        return cls(one.given, [RefusedView(*each) for each in one.refused])


class EffectQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which days, from the first on."""

    first_day: Annotated[str, msgspec.Meta(pattern="^20[0-9]{6}$")]
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 7

    def begins(self) -> str:
        """The first day.

        Raises:
            ValidationError: There is no such day.
        """
        try:
            date_of(self.first_day)
        except ValueError as bad:
            raise wrong("first_day", "is no day") from bad
        return self.first_day


class DayEffectView(msgspec.Struct, frozen=True):
    """One Shanghai day; `claimed` is null for a coupon of more than 320,000."""

    day: str
    claimed: int | None
    used: int
    discount_fen: int
    sales_fen: int

    @classmethod
    def of(cls, one: DayEffect) -> "DayEffectView":
        """From the use case's."""
        return cls(one.day, one.claimed, one.used, one.discount_fen, one.sales_fen)


class EffectView(msgspec.Struct, frozen=True):
    """What a coupon has brought."""

    coupon_id: str
    title: str
    quota: int
    days: Sequence[DayEffectView]
