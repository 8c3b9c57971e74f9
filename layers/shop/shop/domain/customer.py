"""Customers as the outside world identifies them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who WeChat says is signing in. The session key does not leave the provider module."""

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number WeChat has verified; `number` is without `country_code`."""

    number: str
    country_code: str
