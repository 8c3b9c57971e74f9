"""Parcels of an order and their tracking."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from shop.domain.ids import CustomerId
from shop.domain.shipment import ParcelState, Tracking, TrackingEvent
from shop.store import reads
from shop.store.table import (
    Entity,
    Key,
    asked_number_key,
    customer_partition,
    due_partition,
    parcel_key,
    parcel_prefix,
)
from shop.store.writes import Write, absent, put, update

SUBSCRIBE = "P"
"""The kind of due work that parcels without a subscription are; so few that one shard does."""
SHARD = 0
KEPT_SECONDS = 86_400
FIRST_LOOK_SECONDS = 60
"""When the schedule takes up a subscription that the stream did not make."""
_decode_lines = msgspec.msgpack.Decoder(tuple[tuple[int, int], ...]).decode
_decode_events = msgspec.msgpack.Decoder(tuple[TrackingEvent, ...]).decode


class ParcelRow(Entity):
    """One parcel."""

    company = UnicodeAttribute(attr_name="co")
    tracking_no = UnicodeAttribute(attr_name="tn")
    lines = BinaryAttribute(attr_name="ln", legacy_encoding=False)
    received_at = NumberAttribute(attr_name="rv", null=True)
    corrected_from = UnicodeAttribute(attr_name="cf", null=True)
    state = UnicodeAttribute(attr_name="st", null=True)
    events = BinaryAttribute(attr_name="ev", legacy_encoding=False, null=True)
    as_of = NumberAttribute(attr_name="ao", default=0)
    events_count = NumberAttribute(attr_name="ec", default=0)
    updated_at = NumberAttribute(attr_name="up")
    asked_at = NumberAttribute(attr_name="aq", default=0)
    finished = NumberAttribute(attr_name="fi", default=0)
    shipped_at = NumberAttribute(attr_name="c")
    subscriptions = NumberAttribute(attr_name="sb", default=0)
    due_work = UnicodeAttribute(attr_name="dk", null=True)
    due_at = NumberAttribute(attr_name="due", null=True)

    @property
    def number(self) -> int:
        """Which parcel of its order."""
        return int(str(self.SK).rpartition("#")[2])

    @property
    def pieces(self) -> dict[int, int]:
        """What is in it: pieces by the line's position in the order."""
        return dict(_decode_lines(self.lines))

    def tracking(self) -> Tracking | None:
        """The story so far; None before the first word from the courier."""
        if self.state is None or self.events is None:
            return None
        return Tracking(
            company=self.company,
            tracking_no=self.tracking_no,
            state=ParcelState(self.state),
            events=_decode_events(zlib.decompress(self.events)),
            finished=bool(self.finished),
        )


class AskedRow(Entity):
    """When the courier was last asked about a number."""

    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What staff say of a parcel.

    Attributes:
        company: Kuaidi100's code of its courier.
        tracking_no: The courier's number.
        pieces: What is in it, by the line's position in the order.
    """

    company: str
    tracking_no: str
    pieces: Mapping[int, int]


def ship(customer_id: CustomerId, order_no: str, number: int, parcel: Parcel, now: int) -> Write:
    """Store a new parcel; goes with the order's move."""
    row = ParcelRow(
        *parcel_key(customer_id, order_no, number),
        company=parcel.company,
        tracking_no=parcel.tracking_no,
        lines=msgspec.msgpack.encode(sorted(parcel.pieces.items())),
        updated_at=now,
        shipped_at=now,
        due_work=due_partition(SUBSCRIBE, SHARD),
        due_at=now + FIRST_LOOK_SECONDS,
    )
    return put(row, absent())


def correct(row: ParcelRow, company: str, tracking_no: str, now: int) -> Write:
    """Give a parcel that is on its way another number; its story begins anew, and its pushes."""
    return update(
        ParcelRow(str(row.PK), str(row.SK)),
        [
            ParcelRow.corrected_from.set(f"{row.company} {row.tracking_no}"),
            ParcelRow.company.set(company),
            ParcelRow.tracking_no.set(tracking_no),
            ParcelRow.state.remove(),
            ParcelRow.events.remove(),
            ParcelRow.events_count.set(0),
            ParcelRow.as_of.set(0),
            ParcelRow.updated_at.set(now),
            ParcelRow.subscriptions.set(0),
            ParcelRow.due_work.set(due_partition(SUBSCRIBE, SHARD)),
            ParcelRow.due_at.set(now + FIRST_LOOK_SECONDS),
        ],
        _same_number(row) & (ParcelRow.company == row.company) & (ParcelRow.finished == 0),
    )


def arrived(row: ParcelRow, now: int) -> Write:
    """Note that an order ends by this parcel's arrival, if it is still signed for as it was."""
    signed: Condition = (ParcelRow.state == ParcelState.SIGNED) & (ParcelRow.as_of == row.as_of)
    return update(
        ParcelRow(str(row.PK), str(row.SK)),
        [ParcelRow.received_at.set(now)],
        _same_number(row) & signed,
    )


def _same_number(row: ParcelRow) -> Condition:
    """What was learnt of a number says nothing of the one that corrected it."""
    same: Condition = ParcelRow.tracking_no == row.tracking_no
    return same


def of_order(
    customer_id: CustomerId, order_no: str, *, consistent: bool = False
) -> Iterator[ParcelRow]:
    """An order's parcels, by number."""
    condition = ParcelRow.SK.startswith(parcel_prefix(order_no))
    partition = customer_partition(customer_id)
    rows = reads.query(ParcelRow, partition, condition, consistent=consistent)
    yield from sorted(rows, key=lambda row: row.number)


def read(customer_id: str, order_no: str, number: int) -> ParcelRow | None:
    """One parcel."""
    return reads.get(ParcelRow, parcel_key(customer_id, order_no, number), consistent=True)


def tell(row: ParcelRow, tracking: Tracking, now: int) -> Write:
    """Replace a parcel's story, unless the stored one is newer or knows more."""
    newer = ParcelRow.as_of < tracking.as_of
    as_new = (ParcelRow.as_of == tracking.as_of) & (ParcelRow.events_count <= len(tracking.events))
    return update(
        ParcelRow(str(row.PK), str(row.SK)),
        [
            ParcelRow.state.set(tracking.state),
            ParcelRow.events.set(zlib.compress(msgspec.msgpack.encode(tracking.events))),
            ParcelRow.events_count.set(len(tracking.events)),
            ParcelRow.as_of.set(tracking.as_of),
            ParcelRow.company.set(tracking.company),
            ParcelRow.finished.set(int(tracking.finished)),
            ParcelRow.updated_at.set(now),
        ],
        _same_number(row) & (newer | as_new),
    )


def may_ask(customer_id: str, order_no: str, number: int, now: int, every_seconds: int) -> Write:
    """Note that the courier is asked now, at most once in `every_seconds`, across all callers."""
    return update(
        ParcelRow(*parcel_key(customer_id, order_no, number)),
        [ParcelRow.asked_at.set(now)],
        ParcelRow.asked_at <= now - every_seconds,
    )


def may_ask_about(tracking_no: str, now: int, every_seconds: int) -> Write:
    """Note that the courier is asked about a number now, at most once in `every_seconds`."""
    rested: Condition = AskedRow.at <= now - every_seconds
    return update(
        AskedRow(*asked_number_key(tracking_no)),
        [AskedRow.at.set(now), AskedRow.expires_at.set(now + KEPT_SECONDS)],
        absent() | rested,
    )


def subscribed(row: ParcelRow) -> Write:
    """The courier sends pushes about a parcel from now on."""
    actions: list[Action] = [
        ParcelRow.subscriptions.add(1),
        ParcelRow.due_work.remove(),
        ParcelRow.due_at.remove(),
    ]
    due: Condition = ParcelRow.due_work.exists()
    return update(ParcelRow(str(row.PK), str(row.SK)), actions, due & _same_number(row))


def subscribe_at(row: ParcelRow, at: int | None) -> Write:
    """Ask for pushes about a parcel at that time; None for not any more."""
    actions: list[Action] = [ParcelRow.due_work.remove(), ParcelRow.due_at.remove()]
    if at is not None:
        actions = [
            ParcelRow.due_work.set(due_partition(SUBSCRIBE, SHARD)),
            ParcelRow.due_at.set(at),
        ]
    return update(ParcelRow(str(row.PK), str(row.SK)), actions, _same_number(row))


def by_key(key: Key) -> ParcelRow | None:
    """One parcel as it is now."""
    return reads.get(ParcelRow, key, consistent=True)
