"""What an examination of the shop found, on the wire."""

from collections.abc import Sequence

import msgspec

from shop.usecases.examination import Finding


class FindingView(msgspec.Struct, frozen=True):
    """One thing looked at; `advice` is for engineers and empty where all is well."""

    name: str
    well: bool
    advice: str

    @classmethod
    def of(cls, found: Finding) -> "FindingView":
        """The view of a finding."""
        return cls(found.name, found.well, found.advice)


class ExaminationView(msgspec.Struct, frozen=True):
    """All findings, and the address that providers were told, for a look at it from outside."""

    items: Sequence[FindingView]
    public_base_url: str
