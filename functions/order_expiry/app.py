"""Every minute: close what is overdue, chase refunds, return what nobody paid for."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.telemetry import logger, metrics
from shop.usecases import expiry
from shop.web.api import remaining_of


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The schedule's entry; the event's content does not matter, what is due does."""
    del event
    remaining = remaining_of(context)
    try:
        swept = expiry.sweep(wiring.deps(remaining), remaining, clock.now)
    finally:
        metrics.flush_metrics()
    summary = {
        "done": swept.done,
        "flash": swept.flash,
        "failed": swept.failed,
        "finished": swept.finished,
    }
    logger.info("swept", extra=summary)
    return summary
