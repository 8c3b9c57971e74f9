"""Rebuilds the lists that shoppers read: after changes by staff, and on a schedule."""

from collections.abc import Mapping
from typing import Any

from shop import clock
from shop.telemetry import entry, logger, metrics
from shop.usecases.publishing import publish_if_due


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The outbox's and the schedule's entry; one run at a time."""
    del context
    done = publish_if_due(int(event.get("changed_at", 0)), clock.now())
    summary = {"published": done is not None, "products": done.products if done else 0}
    metrics.add_metric(name="PublisherRan", unit="Count", value=1)
    if done:
        metrics.add_metric(name="ListsPublished", unit="Count", value=done.lists)
        logger.info("published", extra=summary)
    return summary
