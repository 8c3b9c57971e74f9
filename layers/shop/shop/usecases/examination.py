"""A deployed shop looked over: what its first shopper would otherwise find out.

Everything here only reads. What leaves the shop is one question each to WeChat and WeChat Pay, of
the kind that changes nothing there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shop.domain.calendar import business_day
from shop.errors import ShopError
from shop.store import anomalies, dead_letters, orders, reconciliations
from shop.store.table import DUE_SHARDS
from shop.telemetry import told
from shop.usecases.ports import PaymentGateway

DAY_SECONDS = 86_400
LATE_SECONDS = 180
"""Three runs of the minute schedule."""
BILL_READY_SECONDS = 12 * 3_600
"""WeChat's bill is ready after ten in the morning, and compared soon after."""
PROBE = "yunpu-doctor-asks-nothing"
"""An out_trade_no that no order can have."""
_MOST_DAYS = 7


class AccountCheck(Protocol):
    """WeChat, as far as it takes our app id and secret."""

    def check_account(self) -> None:
        """Raise what WeChat refuses."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what to know or do."""

    name: str
    well: bool
    advice: str


Look = Callable[[], Iterator[str]]
"""What is wrong, each as a sentence that says what to do; nothing where all is well."""


def examine(looks: Mapping[str, Look]) -> list[Finding]:
    """Look at everything; one that cannot be looked at is not well and does not stop the rest."""
    return [_finding(name, look) for name, look in looks.items()]


def _finding(name: str, look: Look) -> Finding:
    try:
        wrong = list(look())
    except ShopError as failure:
        wrong = [f"{told(failure)}: see docs/runbook.md#wechat-misconfigured"]
    return Finding(name, not wrong, " ".join(wrong))


def public_address(address: str) -> Iterator[str]:
    """Providers call back there, over TLS only."""
    if not address.startswith("https://"):
        yield "PublicBaseUrl is not https; WeChat Pay sends no notices there."
    if "example.com" in address or address.endswith(".invalid"):
        yield "PublicBaseUrl is still the example; deploy with the shop's own domain."


def secret(read: Callable[[], Mapping[str, Any]], fields: Sequence[str]) -> Iterator[str]:
    """A secret can be read and has its fields.

    Raises:
        ShopError: It cannot be read.
    """
    content = read()
    missing = [field for field in fields if not content.get(field)]
    if missing:
        yield f"Put a value for {', '.join(missing)} into it."


def wechat(check: Callable[[], AccountCheck]) -> Iterator[str]:
    """WeChat takes our app id and secret.

    Raises:
        ShopError: It does not, or cannot be reached.
    """
    check().check_account()
    yield from ()


def wechatpay(gateway: Callable[[], PaymentGateway]) -> Iterator[str]:
    """WeChat Pay takes our signature, and we can verify its answers.

    Raises:
        ShopError: One of the two fails, or it cannot be reached.
    """
    gateway().query(PROBE)
    yield from ()


def overdue(now: int) -> Iterator[str]:
    """Nothing has been due for long, so the minute schedule is alive."""
    waiting = [
        orders.due(orders.UNPAID, shard, now - LATE_SECONDS, 1).since for shard in range(DUE_SHARDS)
    ]
    oldest = min((since for since in waiting if since), default=None)
    if oldest is not None:
        yield (
            f"An unpaid order has been due for {now - oldest} s:"
            " see docs/runbook.md#sweep-silent and #sweep-late."
        )


def letters() -> Iterator[str]:
    """The outbox has given nothing up."""
    if next(iter(dead_letters.waiting(limit=1)), None):
        yield "Dead letters wait: shopctl outbox list; docs/runbook.md#dead-letters."


def open_anomalies(now: int) -> Iterator[str]:
    """Today and yesterday nothing was found that needs a person, stock audits included."""
    for day in (business_day(now), business_day(now - DAY_SECONDS)):
        kinds = sorted({str(row.SK).partition("#")[0] for row in anomalies.of_day(day)})
        if kinds:
            yield (
                f"Anomalies of {day} ({', '.join(kinds)}):"
                f" shopctl anomaly list --day {day}; docs/runbook.md#anomalies."
            )


def bills(now: int) -> Iterator[str]:
    """The last bill that should have been compared was, without differences."""
    local = now - BILL_READY_SECONDS
    days = [business_day(local - DAY_SECONDS * back) for back in range(1, _MOST_DAYS + 1)]
    reports = reconciliations.of_days(days)
    if not reports:
        # A new shop: the first comparison follows the first day.
        return
    report = reports.get(days[0])
    if report is None or report.state != "done":
        yield f"The bill of {days[0]} was not compared: docs/runbook.md#reconciliation-silent."
    elif sum(report.differences.values()):
        yield f"The bill of {days[0]} differs: shopctl reconcile {days[0]}."
