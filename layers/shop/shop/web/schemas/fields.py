"""Kinds of fields that staff send, how moments among them are read, and the plainest answer."""

from datetime import datetime
from typing import Annotated

import msgspec

from shop.domain.money import MAX_FEN
from shop.usecases.notes import Outcome

Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
SaleId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{1,12}$")]
NOT_BLANK = r"\S"
"""A text of more than spaces."""
Text = Annotated[str, msgspec.Meta(pattern=NOT_BLANK, max_length=120)]
Url = Annotated[str, msgspec.Meta(max_length=512)]
Price = Annotated[int, msgspec.Meta(ge=1, le=MAX_FEN)]
Fen = Annotated[int, msgspec.Meta(ge=0, le=MAX_FEN)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Pieces = Annotated[int, msgspec.Meta(ge=1, le=99)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


def seconds_of(moment: datetime | None) -> int:
    """UTC seconds of a moment; 0 where there is none."""
    return int(moment.timestamp()) if moment else 0


class OutcomeView(msgspec.Struct, frozen=True):
    """What became of a document."""

    outcome: Outcome
