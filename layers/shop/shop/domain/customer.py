"""Customers as the outside world identifies them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from shop.domain.ids import CustomerId

AVATAR_HOSTS = frozenset({"thirdwx.qlogo.cn", "wx.qlogo.cn", "mmbiz.qpic.cn"})
"""Where WeChat keeps avatars. Nothing is ever fetched from there by the shop."""

CHINA = "86"


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

    @property
    def text(self) -> str:
        """As it is kept: plain within China, with `+` and the country's code elsewhere."""
        return self.number if self.country_code == CHINA else f"+{self.country_code}{self.number}"


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as they see themselves. `created_at` in UTC seconds."""

    id: CustomerId
    nickname: str
    avatar_url: str
    created_at: int
    phone: str = ""


def is_avatar(url: str) -> bool:
    """Whether a picture's address is https and of a host on the list, and nothing more."""
    try:
        parts = urlsplit(url)
        plain = parts.netloc == parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and plain and parts.hostname in AVATAR_HOSTS
