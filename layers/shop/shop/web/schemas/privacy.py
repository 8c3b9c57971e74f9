"""Shapes of consents (`api-contract`: Customer)."""

from typing import Annotated

import msgspec

from shop.domain.consent import Consent
from shop.web.schemas.times import rfc3339

Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,32}$", max_length=32)]


class ConsentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to one version of a policy."""

    version: Version
    granted: bool


class ConsentView(msgspec.Struct, frozen=True):
    """An answer, and when it was given."""

    policy: str
    version: str
    granted: bool
    recorded_at: str

    @classmethod
    def of(cls, one: Consent) -> "ConsentView":
        """From the domain's."""
        return cls(one.policy, one.version, one.granted, rfc3339(one.at))
