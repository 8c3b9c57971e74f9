"""Where a parcel goes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A delivery address as the buyer wrote it. Personal data: encrypted wherever it is kept."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    detail: str

    def masked(self) -> "Address":
        """The same address, fit for a view that does not need the person."""
        return Address(
            name=self.name[:1] + "*" * max(1, len(self.name) - 1),
            phone=mask_phone(self.phone),
            province=self.province,
            city=self.city,
            district=self.district,
            detail="******",
        )


NOBODYS = Address("", "", "", "", "", "")
"""In the place of an address that was erased."""


def mask_phone(phone: str) -> str:
    """All but the first three and last four digits hidden."""
    return phone[:3] + "****" + phone[-4:] if len(phone) >= 8 else "****"  # noqa: PLR2004
