"""A customer's own profile; what is sealed in it follows the current key when it is touched."""

from contextlib import suppress
from dataclasses import replace

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import is_current, seal, unseal
from shop.domain.customer import PhoneNumber, Profile
from shop.errors import UnauthenticatedError
from shop.store import customers
from shop.store.customers import CustomerRow
from shop.store.writes import ConditionFailed, apply

_PII = "pii"


def show(ring: KeyRing, customer_id: str) -> Profile:
    """The profile.

    Raises:
        UnauthenticatedError: The customer is gone.
    """
    row = customers.customer(customer_id)
    if row is None:
        raise UnauthenticatedError
    return opened(ring, row)


def change(
    ring: KeyRing, customer_id: str, nickname: str | None, avatar_url: str | None
) -> Profile:
    """Set what is given; None leaves a field as it is.

    Raises:
        UnauthenticatedError: The customer is gone.
    """
    given = {"nickname": nickname, "avatar_url": avatar_url}
    changes: dict[str, str | bytes] = {
        name: value for name, value in given.items() if value is not None
    }
    if not changes:
        return show(ring, customer_id)
    return _change(ring, customer_id, changes)


def keep_phone(ring: KeyRing, customer_id: str, number: PhoneNumber) -> Profile:
    """Keep a phone number, sealed.

    Raises:
        UnauthenticatedError: The customer is gone.
    """
    sealed = seal(ring, _PII, number.text.encode(), customer_id.encode())
    return _change(ring, customer_id, {"phone": sealed})


def opened(ring: KeyRing, row: CustomerRow) -> Profile:
    """A profile with its phone number."""
    profile = row.profile()
    return replace(profile, phone=_open(ring, row, row.phone))


def unionid(ring: KeyRing, row: CustomerRow) -> str:
    """Who the customer is across the merchant's apps; "" when WeChat did not say."""
    return _open(ring, row, row.unionid)


def _change(ring: KeyRing, customer_id: str, changes: dict[str, str | bytes]) -> Profile:
    try:
        row = customers.change_profile(customer_id, changes)
    except ConditionFailed as gone:
        raise UnauthenticatedError from gone
    for name, box in (("phone", row.phone), ("unionid", row.unionid)):
        if box is not None and not is_current(ring, box):
            _reseal(ring, row, name, box)
    return opened(ring, row)


def _reseal(ring: KeyRing, row: CustomerRow, name: str, box: bytes) -> None:
    fresh = seal(ring, _PII, _open(ring, row, box).encode(), row.profile().id.encode())
    with suppress(ConditionFailed):
        apply(customers.reseal(row, name, fresh))


def _open(ring: KeyRing, row: CustomerRow, box: bytes | None) -> str:
    if box is None:
        return ""
    return unseal(ring, _PII, box, row.profile().id.encode()).decode()
