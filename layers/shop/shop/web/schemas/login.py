"""Sign-in shapes (`api-contract`: Customer)."""

from typing import Annotated

import msgspec

from shop.usecases.login import SignedIn


class LoginRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one-use code of `wx.login`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class RefreshRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token of the last sign-in or refresh."""

    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class LogoutRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sign-ins to end."""

    everywhere: bool = False


class SignedInCustomerView(msgspec.Struct, frozen=True):
    """Who signed in."""

    id: str
    is_new: bool


class LoginView(msgspec.Struct, frozen=True):
    """Tokens and how many seconds they last."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    customer: SignedInCustomerView

    @classmethod
    def of(cls, one: SignedIn) -> "LoginView":
        """From the use case's."""
        return cls(
            access_token=one.access_token,
            expires_in=one.expires_in,
            refresh_token=one.refresh_token,
            refresh_expires_in=one.refresh_expires_in,
            customer=SignedInCustomerView(one.customer_id, one.is_new),
        )
