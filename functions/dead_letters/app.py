"""What the platform could not deliver: batches of the stream, and runs of the schedules."""

import os
from collections.abc import Mapping
from typing import Any

from shop import clock
from shop.telemetry import entry
from shop.usecases import dead_letters
from shop.web.api import remaining_of
from shop.web.schemas.undelivered import read_undelivered


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> None:
    """The queue's entry: each message becomes letters or an anomaly, and then leaves the queue."""
    remaining, outbox = remaining_of(context), os.environ["OUTBOX_FUNCTION"]
    for message in event["Records"]:
        undelivered = read_undelivered(message["body"])
        lost = dead_letters.Lost(
            message_id=str(message["messageId"]),
            function=undelivered.call.function_arn,
            sent_at=int(message["attributes"]["SentTimestamp"]) // 1000,
            since=undelivered.lost_since(outbox),
        )
        dead_letters.take_in(lost, remaining, clock.now)
