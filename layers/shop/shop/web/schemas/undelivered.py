"""The platform's messages about what it could not deliver (AWS: "destinations", "dead letters").

A stream's names a range of records and no rows, and the stream forgets the records after 24 hours.
"""

from datetime import datetime

import msgspec


class LostBatch(msgspec.Struct, frozen=True, rename="camel"):
    """Records of a stream that were given up."""

    approximate_arrival_of_first_record: datetime


class LostCall(msgspec.Struct, frozen=True, rename="camel"):
    """The call that failed."""

    function_arn: str = ""


class Undelivered(msgspec.Struct, frozen=True):
    """One message; a schedule's has no batch."""

    call: LostCall = msgspec.field(name="requestContext", default=LostCall())
    batch: LostBatch | None = msgspec.field(name="DDBStreamBatchInfo", default=None)

    def lost_since(self, function_arn: str) -> int | None:
        """UTC seconds of the first record that this function lost; None where it lost none."""
        if self.batch is None or not self.call.function_arn.startswith(function_arn):
            return None
        return int(self.batch.approximate_arrival_of_first_record.timestamp())


read_undelivered = msgspec.json.Decoder(Undelivered).decode
