"""What an examination of the shop found, on the wire."""

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
