"""The table's stream: what follows from stored changes, at least once and in order per key."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.config import settings
from shop.errors import ShopError
from shop.store.order_row import raw_bytes
from shop.telemetry import logger, metrics
from shop.usecases import outbox
from shop.web.api import remaining_of


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The stream's entry: stops at the first record that fails, and says which."""
    remaining = remaining_of(context)
    outlets = outbox.Outlets(
        wiring.deps(remaining), wiring.tracker(remaining), settings().public_base_url
    )
    failed: list[dict[str, str]] = []
    for record in event.get("Records", []):
        change = record["dynamodb"]
        old, new = change.get("OldImage"), change.get("NewImage")
        try:
            outbox.handle(
                raw_bytes(old) if old else None,
                raw_bytes(new) if new else None,
                outlets,
                now=clock.now(),
            )
        except ShopError as failure:
            logger.warning("record put off", cause=str(failure)[:200])
            failed.append({"itemIdentifier": change["SequenceNumber"]})
            break
    if metrics.metric_set:
        metrics.flush_metrics()
    return {"batchItemFailures": failed}
