"""A deployed shop looked over: what its first shopper would otherwise find out.

Everything here only reads. What leaves the shop is one question each to WeChat and WeChat Pay, of
the kind that changes nothing there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shop.domain.calendar import business_day
from shop.errors import ShopError
from shop.store import (
    anomalies,
    catalogue,
    dead_letters,
    orders,
    reconciliations,
    runs,
    search_index,
)
from shop.telemetry import report, told
from shop.usecases.ports import PaymentGateway
from shop.usecases.publish import PUBLICATION, Publication
from shop.usecases.publishing import REFRESH_SECONDS

DAY_SECONDS = 86_400
LATE_SECONDS = 180
"""Three runs of a minute schedule."""
FOLLOW_UP_LATE_SECONDS = 600
"""Its duties ask providers, which may be slow, and each run begins with another."""
UNTOLD_SECONDS = 1_800
"""Three of the times at which a minute schedule tells of itself."""
INDEX_LATE_SECONDS = 900
"""Three runs of the schedule that builds the search index."""
AUDIT_LATE_SECONDS = 30 * 3_600
"""A day, and time for the audit itself."""
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
        facts = ", ".join(f"{name} {value}" for name, value in failure.context.items())
        wrong = [f"{told(failure)} ({facts}): see docs/runbook.md#misconfigured"]
    except Exception as failure:  # noqa: BLE001 - one look that breaks must not hide the others
        report(failure)
        wrong = [f"This look failed ({told(failure)}): see docs/runbook.md#unhandled-error."]
    return Finding(name, not wrong, " ".join(wrong))


def public_address(address: str) -> Iterator[str]:
    """Providers call back there, over TLS only."""
    if not address.startswith("https://"):
        yield "PublicBaseUrl is not https; WeChat Pay sends no notices there."
    if "example.com" in address or address.endswith(".invalid"):
        yield "PublicBaseUrl is still the example; deploy with the shop's own domain."


def secret(
    read: Callable[[], Mapping[str, Any]],
    fields: Sequence[str],
    make: Callable[[Mapping[str, Any]], object] | None = None,
) -> Iterator[str]:
    """A secret can be read, has its fields, and what is made from it can be made.

    Raises:
        ShopError: It cannot be read.
    """
    content = read()
    missing = [field for field in fields if not content.get(field)]
    if missing:
        yield f"Put a value for {', '.join(missing)} into it."
    elif make:
        make(content)


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


Work = tuple[str, Sequence[int]]
"""A kind of the due index, and its shards."""


def overdue(kinds: Sequence[Work], late: int, page: str, now: int) -> Iterator[str]:
    """Nothing of these kinds has been due for longer than `late` seconds: who does it is alive.

    A schedule that stands still while nothing is due cannot be told from one that runs.
    """
    waiting = [
        orders.due(work, shard, now - late, 1).since for work, shards in kinds for shard in shards
    ]
    oldest = min((since for since in waiting if since), default=None)
    if oldest is not None:
        yield f"Its work has been due for {now - oldest} s: see docs/runbook.md#{page}."


def ran(schedule: str, late: int, page: str, now: int) -> Iterator[str]:
    """A schedule that leaves nothing undone behind has told of itself within `late` seconds."""
    at = runs.last(schedule)
    # None in a new shop: the first run is yet to come.
    if at is not None and at < now - late:
        yield f"It last ended {now - at} s ago: see docs/runbook.md#{page}."


def publishing(now: int) -> Iterator[str]:
    """The lists were built within the hour, as the schedule does whether or not they changed."""
    last = catalogue.document(PUBLICATION, Publication)
    if last and last.started_at < now - REFRESH_SECONDS - LATE_SECONDS:
        yield (
            f"The lists were built {now - last.started_at} s ago:"
            " look at the log of PublisherFunction; docs/runbook.md#publisher-silent."
        )


def indexing(now: int) -> Iterator[str]:
    """The search index is that of the published catalogue, or has time left to become so."""
    # It loads SQLite, which nothing else here needs.
    from shop.usecases.search_index import published_source

    published = catalogue.document(PUBLICATION, Publication)
    if published is None or published.started_at > now - INDEX_LATE_SECONDS:
        return
    present = search_index.present()
    if present is None or present.source != published_source():
        yield (
            "The search index is not that of the lists: look at the log of SearchIndexFunction;"
            " docs/runbook.md#search-index-silent."
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
