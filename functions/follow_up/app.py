"""Every minute: what is owed after payment, such as WeChat's reports of what was shipped."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.telemetry import entry, logger
from shop.usecases import follow_up
from shop.web.api import remaining_of


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The schedule's entry; what the event says does not matter."""
    del event
    remaining = remaining_of(context)
    followed = follow_up.follow_up(wiring.duties(remaining), remaining, clock.now)
    summary = {"done": followed.done, "failed": followed.failed, "finished": followed.finished}
    logger.info("followed up", extra=summary)
    return summary
