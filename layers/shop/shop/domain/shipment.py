"""Parcels and what happened to them, in the contract's words."""

from dataclasses import dataclass
from enum import StrEnum


class ParcelState(StrEnum):
    """Where a parcel is (`api-contract`: shipment.state)."""

    COLLECTED = "collected"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    SIGNED = "signed"
    PROBLEM = "problem"
    RETURNING = "returning"
    RETURNED = "returned"
    REFUSED = "refused"
    CUSTOMS = "customs"


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One line of a parcel's story; `time` is UTC seconds."""

    time: int
    text: str
    area: str


@dataclass(frozen=True, slots=True)
class Tracking:
    """The whole story so far, newest event first.

    Attributes:
        company: The tracker's company code, corrected if the tracker corrected it.
        tracking_no: The parcel's number.
        state: Its present state.
        events: Newest first, at most 200.
        finished: No further event will come.
        given_up: The tracker pushes no more, though the parcel has not arrived.
    """

    company: str
    tracking_no: str
    state: ParcelState
    events: tuple[TrackingEvent, ...]
    finished: bool
    given_up: bool = False

    @property
    def as_of(self) -> int:
        """UTC seconds of the newest event, 0 when there is none."""
        return self.events[0].time if self.events else 0
