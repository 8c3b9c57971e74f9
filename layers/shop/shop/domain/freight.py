"""Delivery fees by piece and province."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FreightRate:
    """Fees for some provinces; `free_threshold_fen` None means never free."""

    provinces: tuple[str, ...]
    first_fee_fen: int
    further_fee_fen: int
    free_threshold_fen: int | None


@dataclass(frozen=True, slots=True)
class FreightRules:
    """The shop's delivery fees.

    Attributes:
        first_pieces: Pieces covered by the first fee, at least 1.
        further_pieces: Pieces covered by each further fee, at least 1.
        default: For every province no other rate names.
        rates: For the provinces they name.
        not_served: Provinces nothing is sent to.
    """

    first_pieces: int
    further_pieces: int
    default: FreightRate
    rates: tuple[FreightRate, ...]
    not_served: tuple[str, ...]

    def serves(self, province: str) -> bool:
        """Whether anything is sent there."""
        return province not in self.not_served

    def fee(self, province: str, pieces: int, goods_fen: int) -> int:
        """The fee in fen for `pieces` that cost `goods_fen` after discounts."""
        rate = next((rate for rate in self.rates if province in rate.provinces), self.default)
        if rate.free_threshold_fen is not None and goods_fen >= rate.free_threshold_fen:
            return 0
        further = max(0, pieces - self.first_pieces)
        units = -(-further // self.further_pieces)
        return rate.first_fee_fen + units * rate.further_fee_fen
