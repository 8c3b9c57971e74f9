"""Tell WeChat of every shipped order, and look that it was heard (`providers` 1.7).

Until WeChat knows, it keeps the merchant's money. A report is due from the moment of shipping; each
turn asks WeChat what it has and tells it what is missing, so that a turn may die anywhere, and a
told order is looked at once more before it counts. What cannot be told is an anomaly.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.crypto.keyring import KeyRing
from shop.domain.address import mask_phone
from shop.domain.calendar import business_day
from shop.domain.ids import CustomerId
from shop.domain.order import Order, OrderStatus
from shop.domain.shipping_report import DutyState, ReportedParcel, item_text, next_report
from shop.errors import ConflictError, MisconfiguredError, ProviderError
from shop.store import anomalies, orders, parcels, reports
from shop.store.reports import ReportRow, ReportState
from shop.telemetry import logger, metrics
from shop.usecases import couriers
from shop.usecases.ports import ShippingDuty

FIRST_WAIT_SECONDS = 30
"""WeChat's index lags a payment by ten seconds to a minute; each further wait is twice as long."""
LONGEST_WAIT_SECONDS = 3_600
LOOK_AGAIN_SECONDS = 300
TRIES_BEFORE_ALARM = 8
"""About an hour of waits: 30 s, 1, 2, 4, 8, 16, 32 min."""
TRIES_OF_A_REASON = 40
_SHIPPED = frozenset({OrderStatus.TO_RECEIVE, OrderStatus.DONE})


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling takes."""

    ring: Callable[[], KeyRing]
    duty: Callable[[], ShippingDuty]


def pursue(key: tuple[str, str], teller: Teller, now: int) -> ReportState | None:
    """Take one order's report one step on, if it is due and nobody else does.

    Returns:
        How far it is then; None when there was nothing to do.

    Raises:
        UnavailableError: The store did not answer; the report is due again within a minute.
    """
    held = reports.hold(key, now)
    if held is None:
        return None
    try:
        state, wait = _step(held, teller, now)
        code = ""
    except ConflictError as refused:
        code = str(refused.context.get("provider_code", ""))
        state, wait = ReportState.REFUSED, None
        _alarm(held, "shipping_refused", code, now)
    except (ProviderError, MisconfiguredError) as failure:
        state, wait, code = _failed(held, failure, now)
    reports.settle(held, state, now, code=code, due_at=None if wait is None else now + wait)
    return state


def _step(held: ReportRow, teller: Teller, now: int) -> tuple[ReportState, int | None]:
    row = orders.read(CustomerId(held.customer_id), held.order_no)
    if row is None or not row.transaction_id:
        return _hopeless(held, "no_order", now)
    order = row.to_domain(teller.ring())
    wanted = _parcels(order, now)
    if not wanted:
        return _hopeless(held, "no_parcels", now)
    known = teller.duty().known(order.transaction_id)
    if known is None:
        return _later(held, "NOT_INDEXED", now)
    if known.state == DutyState.REFUNDED:
        return ReportState.REFUSED, None
    report = next_report(known, wanted, complete=order.status in _SHIPPED)
    if report is None:
        return ReportState.CONFIRMED, None
    if any(not parcel.courier for parcel in report.parcels):
        return _later(held, "UNKNOWN_COURIER", now, alarm=True)
    if held.state == ReportState.TOLD and held.tries > TRIES_BEFORE_ALARM:
        return _hopeless(held, "not_heard", now)
    teller.duty().tell(order.transaction_id, known.openid, report, now=now, serial=_serial(held))
    return ReportState.TOLD, LOOK_AGAIN_SECONDS


def _serial(held: ReportRow) -> int:
    """Grows with each telling of an order within one second: by reasons, and by tries of one."""
    return (int(held.wanted) * TRIES_OF_A_REASON + int(held.tries)) % 1_000


def _parcels(order: Order, now: int) -> list[ReportedParcel]:
    phone = mask_phone(order.address.phone) if order.address.phone else ""
    return [
        ReportedParcel(
            row.tracking_no,
            couriers.wechat_id(row.company, now),
            item_text([(order.lines[at - 1].title, pieces) for at, pieces in row.pieces.items()]),
            phone,
        )
        for row in parcels.of_order(order.customer_id, order.order_no)
    ]


def _failed(
    held: ReportRow, failure: ProviderError | MisconfiguredError, now: int
) -> tuple[ReportState, int | None, str]:
    code = failure.provider_code if isinstance(failure, ProviderError) else "MISCONFIGURED"
    # Not repeatable as it is: our mistake, or WeChat's. A person can mend it, and then it goes on.
    is_ours = not (isinstance(failure, ProviderError) and failure.retryable)
    state, wait = _later(held, code, now, alarm=is_ours)
    return state, LONGEST_WAIT_SECONDS if is_ours else wait, code


def _later(
    held: ReportRow, code: str, now: int, *, alarm: bool = False
) -> tuple[ReportState, int | None]:
    if alarm or held.tries >= TRIES_BEFORE_ALARM:
        _alarm(held, "shipping_untold", code, now)
    wait = min(FIRST_WAIT_SECONDS * 2 ** (int(held.tries) - 1), LONGEST_WAIT_SECONDS)
    return ReportState(held.state), wait


def _hopeless(held: ReportRow, code: str, now: int) -> tuple[ReportState, int | None]:
    _alarm(held, "shipping_refused", code, now)
    return ReportState.REFUSED, None


def _alarm(held: ReportRow, kind: str, code: str, now: int) -> None:
    """Durable first: the merchant's money stays frozen until a person has looked."""
    key = f"{held.order_no}-{int(held.wanted)}"
    facts = {"order_no": held.order_no, "code": code, "tries": int(held.tries)}
    anomalies.report(business_day(int(held.since)), kind, key, facts, now)
    logger.error("shipping not told", provider_code=code)
    metrics.add_metric(name="ShippingUntold", unit="Count", value=1)
