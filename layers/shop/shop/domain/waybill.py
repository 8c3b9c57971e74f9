"""Electronic waybills: a number and a printed label from the courier, before the parcel leaves."""

from dataclasses import dataclass
from enum import StrEnum


class WaybillStatus(StrEnum):
    """Where a waybill stands.

    MAKING is durable before the courier is asked; UNKNOWN is a courier that did not answer, and is
    asked again under the same number only when staff say so. MADE is final.
    """

    MAKING = "MAKING"
    MADE = "MADE"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or receives; `address` is province, city, district and detail in one text."""

    name: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class WaybillRequest:
    """What the courier is asked for.

    Attributes:
        number: Ours; the same number is the same waybill.
        company: Kuaidi100's code of the courier.
        receiver: Personal data.
        cargo: What is in it, in a few words.
    """

    number: str
    company: str
    receiver: Party
    cargo: str


@dataclass(frozen=True, slots=True)
class Waybill:
    """What the courier gave. `label` is what is printed, "" where it gave none; personal data."""

    tracking_no: str
    label: str
