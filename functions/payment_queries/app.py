"""Every minute: ask WeChat about orders that wait for their money, in case a notice was lost."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.telemetry import entry, logger
from shop.usecases import ask_unpaid
from shop.web.api import remaining_of


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The schedule's entry; what the event says does not matter."""
    del event
    remaining = remaining_of(context)
    done = ask_unpaid.ask_round(wiring.deps(remaining), remaining, clock.now)
    summary = {
        "asked": done.asked,
        "paid": done.paid,
        "failed": done.failed,
        "finished": done.finished,
    }
    logger.info("asked", extra=summary)
    return summary
