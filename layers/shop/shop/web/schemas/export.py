"""The shape of everything held about a customer (`api-contract`: GET /v1/me/export)."""

from collections.abc import Sequence

import msgspec

from shop.domain.refund import RefundOrder
from shop.store.history import HistoryRow
from shop.store.parcels import ParcelRow
from shop.store.table import order_of_part, sku_of_limit
from shop.usecases.export import Held
from shop.web.schemas.account import AddressView
from shop.web.schemas.coupons import ClaimView
from shop.web.schemas.orders import OrderView, RefundView
from shop.web.schemas.privacy import ConsentView
from shop.web.schemas.times import rfc3339


class PersonView(msgspec.Struct, frozen=True):
    """The profile, unmasked."""

    id: str
    nickname: str
    avatar_url: str
    phone: str
    unionid: str
    created_at: str
    seen_at: str


class SignInView(msgspec.Struct, frozen=True):
    """One sign-in that has not been ended."""

    signed_in_at: str
    used_at: str
    expires_at: str


class CartLineView(msgspec.Struct, frozen=True):
    """One line of the cart."""

    sku_id: str
    quantity: int
    selected: bool
    added_at: str


class MoveView(msgspec.Struct, frozen=True):
    """One move of an order."""

    order_no: str
    status: str
    actor: str
    at: str

    @classmethod
    def of(cls, row: HistoryRow) -> "MoveView":
        """From the store's."""
        return cls(order_of_part(str(row.SK)), row.status, row.actor, rfc3339(int(row.at)))


class EventView(msgspec.Struct, frozen=True):
    """One line of a parcel's story."""

    time: str
    text: str
    area: str


class ParcelView(msgspec.Struct, frozen=True):
    """One parcel and its story."""

    order_no: str
    company: str
    tracking_no: str
    events: Sequence[EventView]

    @classmethod
    def of(cls, row: ParcelRow) -> "ParcelView":
        """From the store's."""
        told = row.tracking()
        events = [
            EventView(rfc3339(one.time), one.text, one.area)
            for one in (told.events if told else ())
        ]
        return cls(order_of_part(str(row.SK)), row.company, row.tracking_no, events)


class RefundHeldView(RefundView, frozen=True):
    """A refund with what was written with it."""

    reason: str
    description: str

    @classmethod
    def of(cls, refund: RefundOrder) -> "RefundHeldView":
        """From the domain's."""
        return cls(
            refund_no=refund.out_refund_no,
            amount_fen=refund.amount_fen,
            status=refund.status,
            requested_at=rfc3339(refund.requested_at),
            reason=refund.words,
            description=refund.description,
        )


class LimitView(msgspec.Struct, frozen=True):
    """Pieces of a limited SKU counted against the customer."""

    sku_id: str
    pieces: int


class SearchedView(msgspec.Struct, frozen=True):
    """One search of the history."""

    text: str
    searched_at: str


class SubscriptionView(msgspec.Struct, frozen=True):
    """Messages of a kind that the shop may still send."""

    template: str
    left: int
    answered_at: str


class ExportView(msgspec.Struct, frozen=True):
    """Everything held about a customer."""

    exported_at: str
    profile: PersonView
    sign_ins: Sequence[SignInView]
    addresses: Sequence[AddressView]
    cart: Sequence[CartLineView]
    consents: Sequence[ConsentView]
    coupons: Sequence[ClaimView]
    orders: Sequence[OrderView]
    order_moves: Sequence[MoveView]
    parcels: Sequence[ParcelView]
    refunds: Sequence[RefundHeldView]
    purchase_limits: Sequence[LimitView]
    subscriptions: Sequence[SubscriptionView]
    searches: Sequence[SearchedView]

    @classmethod
    def of(cls, held: Held, now: int) -> "ExportView":
        """From the use case's."""
        return cls(
            exported_at=rfc3339(now),
            profile=_person(held),
            sign_ins=[
                SignInView(*(rfc3339(int(at)) for at in (s.created_at, s.rotated_at, s.expires_at)))
                for s in held.sign_ins
            ],
            addresses=[
                AddressView.of(one, address, is_default=one == held.book.default_id)
                for one, address in held.book.addresses()
            ],
            cart=[
                CartLineView(line.sku_id, line.quantity, line.selected, rfc3339(line.added_at))
                for line in held.cart.lines
            ],
            consents=[ConsentView.of(one) for one in held.consents],
            coupons=[ClaimView.of(one, now) for one in held.claims],
            orders=[OrderView.of(one, now) for one in held.orders],
            order_moves=[MoveView.of(row) for row in held.moves],
            parcels=[ParcelView.of(row) for row in held.parcels],
            refunds=[RefundHeldView.of(one) for one in held.refunds],
            purchase_limits=[
                LimitView(sku_of_limit(str(row.SK)), int(row.pieces)) for row in held.limits
            ],
            subscriptions=[
                SubscriptionView(row.kind, int(row.left), rfc3339(int(row.answered_at)))
                for row in held.subscriptions
            ],
            searches=[SearchedView(text, rfc3339(at)) for text, at in held.searches],
        )


def _person(held: Held) -> PersonView:
    one = held.profile
    return PersonView(
        id=one.id,
        nickname=one.nickname,
        avatar_url=one.avatar_url,
        phone=one.phone,
        unionid=held.unionid,
        created_at=rfc3339(one.created_at),
        seen_at=rfc3339(held.seen_at),
    )
