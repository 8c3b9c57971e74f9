"""Bearer tokens to sessions, with keys that are read when first needed."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.crypto.sessions import CustomerSession, StaffSession, customer_of, staff_of


@dataclass(frozen=True, slots=True)
class TokenAuthenticator:
    """Checks tokens against the key ring; no store read."""

    ring: Callable[[], KeyRing]

    def customer(self, token: str, now: int) -> CustomerSession:
        """The customer behind an access token.

        Raises:
            UnauthenticatedError: The token is not good.
        """
        return customer_of(self.ring(), token, now=now)

    def staff(self, token: str, now: int) -> StaffSession:
        """The member of staff behind an access token.

        Raises:
            UnauthenticatedError: The token is not good.
        """
        return staff_of(self.ring(), token, now=now)
