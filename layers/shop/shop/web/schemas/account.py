"""Profile and address shapes (`api-contract`: Customer)."""

from typing import Annotated

import msgspec

from shop.domain.address import Address, mask_phone
from shop.domain.customer import CHINA, PhoneNumber, Profile, is_avatar
from shop.domain.messages import MessageKind
from shop.web.schemas.places import mobile, region
from shop.web.schemas.texts import tidy, wrong
from shop.web.schemas.times import rfc3339

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Region = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
Detail = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
PhoneCode = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
TypedPhone = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class ProfileRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; a field left out stays as it is."""

    nickname: Name | msgspec.UnsetType = msgspec.UNSET
    avatar_url: Url | msgspec.UnsetType = msgspec.UNSET

    def new_nickname(self) -> str | None:
        """The nickname as it is kept; None to leave it.

        Raises:
            ValidationError: It is not text.
        """
        return tidy("nickname", self.nickname) if isinstance(self.nickname, str) else None

    def new_avatar(self) -> str | None:
        """The picture's address; None to leave it.

        Raises:
            ValidationError: It is not one of WeChat's.
        """
        if not isinstance(self.avatar_url, str):
            return None
        if not is_avatar(self.avatar_url):
            raise wrong("avatar_url", "is not a picture of an allowed host")
        return self.avatar_url


class PhoneRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phone number: by the code of WeChat's button, or typed in; exactly one of the two."""

    code: PhoneCode | msgspec.UnsetType = msgspec.UNSET
    phone: TypedPhone | msgspec.UnsetType = msgspec.UNSET

    def checked(self) -> tuple[str, PhoneNumber | None]:
        """The code and no number, or no code and the number that was typed in.

        Raises:
            ValidationError: Both, neither, or not a mobile number.
        """
        if isinstance(self.code, str) == isinstance(self.phone, str):
            raise wrong("code", "send either a code or a phone number")
        if isinstance(self.code, str):
            return self.code, None
        return "", PhoneNumber(mobile("phone", str(self.phone)), CHINA)


class ProfileView(msgspec.Struct, frozen=True):
    """A customer as they see themselves."""

    id: str
    nickname: str
    avatar_url: str
    phone_masked: str | None
    created_at: str

    @classmethod
    def of(cls, one: Profile) -> "ProfileView":
        """From the domain's."""
        return cls(
            id=one.id,
            nickname=one.nickname,
            avatar_url=one.avatar_url,
            phone_masked=mask_phone(one.phone) if one.phone else None,
            created_at=rfc3339(one.created_at),
        )


class SubscriptionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the buyer answered in WeChat's prompt."""

    template: MessageKind
    accepted: bool


class SubscriptionView(msgspec.Struct, frozen=True):
    """How many messages of a kind the shop may send now."""

    template: MessageKind
    left: int


class AddressRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delivery address."""

    name: Name
    phone: TypedPhone
    province: Region
    city: Region
    district: Region
    detail: Detail
    is_default: bool = False

    def address(self) -> Address:
        """The address as it is kept.

        Raises:
            ValidationError: A field is not text, or names no place or mobile number of China.
        """
        province, city, district = region(self.province, self.city, self.district)
        return Address(
            name=tidy("name", self.name),
            phone=mobile("phone", self.phone),
            province=province,
            city=city,
            district=district,
            detail=tidy("detail", self.detail),
        )


class AddressView(msgspec.Struct, frozen=True):
    """An address as its owner sees it, unmasked."""

    id: str
    name: str
    phone: str
    province: str
    city: str
    district: str
    detail: str
    is_default: bool

    @classmethod
    def of(cls, address_id: str, one: Address, *, is_default: bool) -> "AddressView":
        """From the domain's."""
        return cls(
            id=address_id,
            name=one.name,
            phone=one.phone,
            province=one.province,
            city=one.city,
            district=one.district,
            detail=one.detail,
            is_default=is_default,
        )
