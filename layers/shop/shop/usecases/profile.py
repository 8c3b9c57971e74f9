"""A customer's own profile."""

from dataclasses import replace

from shop.crypto.keyring import KeyRing
from shop.crypto.sealed import unseal
from shop.domain.customer import Profile
from shop.errors import UnauthenticatedError
from shop.store import customers
from shop.store.customers import CustomerRow
from shop.store.writes import ConditionFailed

_PII = "pii"


def show(ring: KeyRing, customer_id: str) -> Profile:
    """The profile.

    Raises:
        UnauthenticatedError: The customer is gone.
    """
    row = customers.customer(customer_id)
    if row is None:
        raise UnauthenticatedError
    return _profile(ring, row)


def change(
    ring: KeyRing, customer_id: str, nickname: str | None, avatar_url: str | None
) -> Profile:
    """Set what is given; None leaves a field as it is.

    Raises:
        UnauthenticatedError: The customer is gone.
    """
    given = {"nickname": nickname, "avatar_url": avatar_url}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        return show(ring, customer_id)
    try:
        return _profile(ring, customers.change_profile(customer_id, changes))
    except ConditionFailed as gone:
        raise UnauthenticatedError from gone


def _profile(ring: KeyRing, row: CustomerRow) -> Profile:
    profile = row.profile()
    if row.phone is None:
        return profile
    phone = unseal(ring, _PII, row.phone, profile.id.encode()).decode()
    return replace(profile, phone=phone)
