"""Templates of delivery fees, as staff send them."""

from typing import Annotated

import msgspec

from shop.domain.freight import FreightBook, FreightBy, FreightRate, FreightTemplate
from shop.web.schemas.fields import Fen, Text

Units = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
TemplateId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,16}$")]


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fees of some provinces; units are those of the template."""

    provinces: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=40)]
    first_units: Units
    first_fee_fen: Fen
    further_units: Units
    further_fee_fen: Fen
    free_threshold_fen: Fen | None = None

    def to_domain(self) -> FreightRate:
        """The rate."""
        return FreightRate(
            tuple(self.provinces),
            self.first_units,
            self.first_fee_fen,
            self.further_units,
            self.further_fee_fen,
            self.free_threshold_fen,
        )


class TemplateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template: fees everywhere, other fees in some regions, and where nothing is sent.

    Units are pieces, grams or cubic centimetres, as `by` says.
    """

    id: TemplateId
    name: Text
    by: FreightBy
    first_units: Units
    first_fee_fen: Fen
    further_units: Units
    further_fee_fen: Fen
    free_threshold_fen: Fen | None = None
    not_served: Annotated[list[Text], msgspec.Meta(max_length=40)] = []
    regions: Annotated[list[RateBody], msgspec.Meta(max_length=40)] = []

    def to_domain(self) -> FreightTemplate:
        """The template."""
        return FreightTemplate(
            id=self.id,
            name=self.name,
            by=self.by,
            default=FreightRate(
                (),
                self.first_units,
                self.first_fee_fen,
                self.further_units,
                self.further_fee_fen,
                self.free_threshold_fen,
            ),
            rates=tuple(one.to_domain() for one in self.regions),
            not_served=tuple(self.not_served),
        )


class FreightRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All templates of delivery fees at once; the first is the default."""

    templates: Annotated[list[TemplateBody], msgspec.Meta(min_length=1, max_length=20)]

    def to_domain(self) -> FreightBook:
        """The templates."""
        return FreightBook(tuple(one.to_domain() for one in self.templates))
