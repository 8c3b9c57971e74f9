"""The table's stream: what follows from stored changes, at least once and in order per key."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.telemetry import entry
from shop.usecases import dead_letters
from shop.web.api import remaining_of


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The stream's entry: stops at the first record that must come again, and says which."""
    outlets = wiring.outlets(remaining_of(context))
    failed: list[dict[str, str]] = []
    for record in event.get("Records", []):
        change = record["dynamodb"]
        if not dead_letters.deliver(change, outlets, clock.now()):
            failed.append({"itemIdentifier": change["SequenceNumber"]})
            break
    return {"batchItemFailures": failed}
