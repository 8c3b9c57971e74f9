"""Daily, and again as a net: WeChat Pay's bills beside the money ledger."""

from collections.abc import Mapping
from typing import Any

from shop import wiring
from shop.telemetry import entry, logger
from shop.usecases import reconcile
from shop.web.api import remaining_of


@entry
def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The schedule's entry, whose event does not matter; days that are done are left alone."""
    del event
    reports = reconcile.run_due(wiring.reconciliation(remaining_of(context)))
    summary = {
        report.day: {"state": report.state, "rows": report.rows, "differences": report.total}
        for report in reports
    }
    logger.info("reconciled", extra={"days": summary})
    return summary
