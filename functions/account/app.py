"""The customer's own data: profile and addresses."""

from typing import Any

from shop import wiring
from shop.domain.address_book import AddressBook
from shop.usecases import addresses, login, messages, profile
from shop.usecases.addresses import Owner
from shop.web.api import Api, Auth, Empty, Request
from shop.web.pages import PageQuery, PageView, page_of
from shop.web.schemas.account import (
    AddressRequest,
    AddressView,
    PhoneRequest,
    ProfileRequest,
    ProfileView,
    SubscriptionRequest,
    SubscriptionView,
)

CREATED, NO_CONTENT = 201, 204
ADDRESSES = "addresses"

api = Api(wiring.authenticator)


@api.route("GET", "/v1/me", auth=Auth.CUSTOMER, reply=ProfileView)
def show_me(request: Request[Empty, Empty]) -> ProfileView:
    """The caller's profile."""
    return ProfileView.of(profile.show(wiring.key_ring(), request.customer.customer_id))


# wx.request knows no PATCH, so a mini-program sends PUT; fields that are left out stay.
@api.route("PUT", "/v1/me", auth=Auth.CUSTOMER, body=ProfileRequest, reply=ProfileView)
@api.route("PATCH", "/v1/me", auth=Auth.CUSTOMER, body=ProfileRequest, reply=ProfileView)
def change_me(request: Request[ProfileRequest, Empty]) -> ProfileView:
    """Change nickname or picture."""
    wanted = request.body
    customer_id = request.customer.customer_id
    changed = profile.change(
        wiring.key_ring(), customer_id, wanted.new_nickname(), wanted.new_avatar()
    )
    return ProfileView.of(changed)


@api.route(
    "POST",
    "/v1/me/phone",
    auth=Auth.CUSTOMER,
    body=PhoneRequest,
    reply=ProfileView,
    codes=("phone_code_invalid", "forbidden", "too_many_requests"),
)
def keep_phone(request: Request[PhoneRequest, Empty]) -> ProfileView:
    """Keep a phone number: WeChat's by the button's code, or one typed in."""
    owner, (code, typed) = _owner(request), request.body.checked()
    number = typed or wiring.wechat(request.remaining_seconds).phone_number(code)
    return ProfileView.of(profile.keep_phone(owner.ring, owner.customer_id, number))


@api.route(
    "GET",
    "/v1/me/addresses",
    auth=Auth.CUSTOMER,
    query=PageQuery,
    reply=PageView[AddressView],
    codes=("invalid_cursor",),
)
def list_addresses(request: Request[Empty, PageQuery]) -> PageView[AddressView]:
    """The caller's addresses, the default first."""
    owner = _owner(request)
    book = addresses.book_of(owner)
    views = [_view(book, address_id) for address_id, _ in book.addresses()]
    shown, cursor = page_of(
        views,
        lambda one: book.place(one.id),
        owner.ring,
        request.query,
        ADDRESSES,
        owner.customer_id,
    )
    return PageView(shown, cursor)


@api.route(
    "POST",
    "/v1/me/addresses",
    auth=Auth.CUSTOMER,
    body=AddressRequest,
    reply=AddressView,
    status=CREATED,
    codes=("idempotency_key_reused", "address_limit_reached", "too_many_requests"),
    idempotent=True,
)
def add_address(request: Request[AddressRequest, Empty]) -> AddressView:
    """Add an address; the same key adds it once."""
    owner, wanted = _owner(request), request.body
    address_id, book = addresses.add(
        owner,
        request.idempotency_key,
        wanted.address(),
        is_default=wanted.is_default,
        now=request.now,
    )
    return _view(book, address_id)


@api.route(
    "PUT",
    "/v1/me/addresses/{address_id}",
    auth=Auth.CUSTOMER,
    body=AddressRequest,
    reply=AddressView,
)
def replace_address(request: Request[AddressRequest, Empty]) -> AddressView:
    """Give an address another content."""
    owner, wanted, address_id = _owner(request), request.body, request.path["address_id"]
    address = wanted.address()
    addresses.replace(owner, address_id, address, is_default=wanted.is_default)
    return AddressView.of(address_id, address, is_default=wanted.is_default)


@api.route("DELETE", "/v1/me/addresses/{address_id}", auth=Auth.CUSTOMER, status=NO_CONTENT)
def remove_address(request: Request[Empty, Empty]) -> None:
    """Remove an address; removed already is fine."""
    addresses.remove(_owner(request), request.path["address_id"], now=request.now)


def _owner(
    request: Request[Any, Any],
) -> Owner:
    login.require_alive(request.customer, now=request.now)
    return Owner(wiring.key_ring(), request.customer.customer_id)


def _view(book: AddressBook, address_id: str) -> AddressView:
    return AddressView.of(
        address_id, book.get(address_id), is_default=book.default_id == address_id
    )


@api.route(
    "PUT",
    "/v1/me/subscriptions",
    auth=Auth.CUSTOMER,
    body=SubscriptionRequest,
    reply=SubscriptionView,
)
def answer_prompt(request: Request[SubscriptionRequest, Empty]) -> SubscriptionView:
    """Remember what the caller allowed in WeChat's prompt: one more message, or none."""
    asked = request.body
    left = messages.answer(
        wiring.key_ring(),
        request.customer,
        asked.template,
        request.request_id,
        accepted=asked.accepted,
        now=request.now,
    )
    return SubscriptionView(asked.template, left)


lambda_handler = api.handle
