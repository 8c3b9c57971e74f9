"""Every minute: close what is overdue, chase refunds, return what nobody paid for."""

from collections.abc import Mapping
from typing import Any

from shop import clock, wiring
from shop.telemetry import entry, logger
from shop.usecases import expiry
from shop.web.api import remaining_of


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The schedule's entry, whose event does not matter, and a helper's, which names its work."""
    remaining = remaining_of(context)
    deps = wiring.deps(remaining)
    handed = event.get(expiry.HANDED_OUT)
    if handed:
        keys = [(str(pk), str(sk)) for pk, sk in handed]
        swept = expiry.help_out(keys, deps, remaining, clock.now)
    else:
        swept = expiry.sweep(deps, remaining, clock.now, wiring.sweep_helpers())
    summary = {
        "done": swept.done,
        "flash": swept.flash,
        "failed": swept.failed,
        "finished": swept.finished,
        "handed_out": swept.handed_out,
        "age": swept.age,
    }
    logger.info("swept", extra=summary)
    return summary
