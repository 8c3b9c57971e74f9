"""A day's bills beside our own books: every difference opens one anomaly (`reliability.md` P17).

The bill is read in steps, one for each shard of the ledger, so that only a shard's rows are ever
held. A run whose time ends keeps how many steps are done; the next goes on behind them while the
bills are the same files. Running it again changes nothing but the report: an anomaly is opened once
for its day, kind and number, and stays as a person left it. Fees enter the ledger here, since only
bills state them.

Costs: the day's entries are read once, a fee is one write for each row, a difference is one write,
and no run opens more than `MOST_DIFFERENCES`. Progress is one write in `KEEP_EVERY_SECONDS`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain

from shop.domain import reconciliation as rules
from shop.domain.bills import FundFlow, Survey, TradeBill
from shop.domain.calendar import begins_at, business_day, date_of
from shop.domain.ledger import EntryKind
from shop.domain.reconciliation import Difference, Kind, Progress, Report, State
from shop.errors import ConflictError, NotFoundError, ProviderError, UnavailableError
from shop.store import ledger, reconciliations
from shop.store.table import LEDGER_SHARDS
from shop.store.writes import ConditionFailed, apply
from shop.telemetry import logger, metrics, told
from shop.usecases.bill_rows import (
    Found,
    Needs,
    compare_flow_shard,
    compare_shard,
    go_on,
    survey_flow,
)

LOOK_BACK_DAYS = 7
DAY_SECONDS = 86_400
READY_SECONDS = 10 * 3_600
"""Both bills are ready at ten in the morning of the next day."""
KEPT_SECONDS = 89 * DAY_SECONDS
OVERDUE_SECONDS = 2 * DAY_SECONDS
"""A bill that is not to be had this long after its day is a difference itself."""
KEEP_EVERY_SECONDS = 10
"""How much of a run at most is done again after one that was killed, but for the step it was in."""
RESUMED_SECONDS = 26 * 3_600
"""How long progress counts: until the schedule's first run of the next day."""
Steps = Sequence[Callable[[], None]]
_UNTRUSTED = frozenset({"HASH", "HASH_TYPE"})


def reconcile(day: str, needs: Needs, known: Report | None) -> Report:
    """Compare one day.

    Args:
        day: `YYYYMMDD`, Shanghai; over for at least ten hours.
        needs: Bills, keys and time.
        known: How it compared before; None when it was never looked at.

    Returns:
        The report. It is durable, unless nothing could be compared and something had been before.

    Raises:
        UnavailableError: The store or WeChat Pay did not answer, or time was short; the next run
            goes on behind the last step that was kept.
        MisconfiguredError: WeChat Pay refuses our account or key.
    """
    found = Found(day, needs.clock())
    report = _compared(day, needs, found, known)
    with suppress(ConditionFailed):
        apply(reconciliations.keep(report))
    metrics.add_metric(name="BillDifference", unit="Count", value=report.total)
    if report.state is State.DONE:
        metrics.add_metric(name="BillCompared", unit="Count", value=1)
    else:
        metrics.add_metric(name="ReconciliationFailed", unit="Count", value=1)
    return report


def billed_day(text: str, now: int) -> str:
    """The day named, if WeChat Pay can have its bills.

    Raises:
        NotFoundError: It is no day.
        ConflictError: `day_not_billed`: it is not over for ten hours, or three months ago.
    """
    try:
        begins = begins_at(text)
    except ValueError as wrong:
        raise NotFoundError from wrong
    age = now - begins - DAY_SECONDS
    if not READY_SECONDS <= age <= KEPT_SECONDS or text != business_day(begins):
        raise ConflictError("day_not_billed", "该日期的账单尚未生成或已过期")
    return text


def run_due(needs: Needs) -> list[Report]:
    """Compare yesterday, and any of the last days whose comparison never ended.

    A day that cannot be compared now does not hold up the others.
    """
    now = needs.clock()
    newest = business_day(now - READY_SECONDS - DAY_SECONDS)
    last = begins_at(newest)
    asked = [business_day(last - back * DAY_SECONDS) for back in range(LOOK_BACK_DAYS)]
    known = reconciliations.of_days(asked)
    reports = []
    for day in asked:
        if day in known and known[day].state is State.DONE:
            continue
        try:
            reports.append(reconcile(day, needs, known.get(day)))
        except UnavailableError as failure:
            metrics.add_metric(name="ReconciliationFailed", unit="Count", value=1)
            logger.warning("not reconciled", day=day, cause=told(failure))
    return reports


def _compared(day: str, needs: Needs, found: Found, known: Report | None) -> Report:
    on = date_of(day)
    try:
        trade = needs.bills().trade(on)
    except ProviderError as failure:
        return _without(failure, Kind.HASH, found)
    if trade is None:
        found.add(_unbilled(day))
        return _report(State.DONE, found, Survey())
    try:
        flow = needs.bills().fund_flow(on)
    except ProviderError as failure:
        return _without(failure, Kind.FLOW_HASH, found)
    survey = trade.survey()
    steps = _steps(trade, flow, survey, needs, found)
    bills = f"{trade.digest}{flow.digest if flow else ''}"
    _walk(steps, bills, needs, found, known)
    return _report(State.DONE, found, survey)


def _steps(
    trade: TradeBill, flow: FundFlow | None, survey: Survey, needs: Needs, found: Found
) -> Steps:
    """All that is compared, in an order that never changes; each step can be done again."""
    shards = range(LEDGER_SHARDS)
    return [
        lambda: found.add(rules.judge_survey(survey, flow=False)),
        *(partial(compare_shard, shard, trade, needs, found) for shard in shards),
        lambda: survey_flow(flow, survey, found),
        *(partial(compare_flow_shard, shard, trade, flow, found) for shard in shards if flow),
    ]


def _walk(steps: Steps, bills: str, needs: Needs, found: Found, known: Report | None) -> None:
    """Take the steps behind those that an earlier run has kept.

    Raises:
        UnavailableError: As `reconcile`.
    """
    begun = known.progress if known else None
    first = 0
    if begun and begun.bills == bills and found.now - begun.at < RESUMED_SECONDS:
        first = begun.steps
        found.kinds.update(begun.differences)
    kept, kept_at, so_far = first, needs.clock(), Counter(found.kinds)
    for done, step in enumerate(steps[first:], start=first):
        now = needs.clock()
        if done > kept and now - kept_at >= KEEP_EVERY_SECONDS:
            known = _keep(Progress(bills, done, so_far, now), found, known)
            kept, kept_at = done, now
        try:
            go_on(needs)
            step()
        except UnavailableError:
            if done > kept:
                _keep(Progress(bills, done, so_far, needs.clock()), found, known)
            raise
        so_far = Counter(found.kinds)


def _keep(progress: Progress, found: Found, known: Report | None) -> Report | None:
    """Make progress durable beside what is known of the day; the day as it is known then."""
    if known is None or known.state is not State.DONE:
        report = _partial(progress, found.day, known.at if known else found.now)
    else:
        report = replace(known, progress=progress)
    try:
        apply(reconciliations.keep_progress(known, report))
    except ConditionFailed:
        # Another run was quicker, or this write came twice: at worst some steps are done again.
        return known
    return report


def _partial(progress: Progress, day: str, at: int) -> Report:
    return Report(day, State.PARTIAL, at, differences=progress.differences, progress=progress)


def _without(failure: ProviderError, kind: Kind, found: Found) -> Report:
    """What a day is whose bill cannot be had or trusted."""
    facts = {"code": failure.provider_code}
    if failure.provider_code in _UNTRUSTED:
        found.add([Difference(kind, found.day, facts)])
        return _report(State.UNTRUSTED, found, Survey())
    if found.now - begins_at(found.day) - DAY_SECONDS > OVERDUE_SECONDS:
        found.add([Difference(Kind.MISSING, found.day, facts)])
    return _report(State.WAITING, found, Survey())


def _unbilled(day: str) -> Iterator[Difference]:
    """WeChat Pay knows of no trade; so must we."""
    shards = range(LEDGER_SHARDS)
    entries = chain.from_iterable(ledger.of_shard(day, shard) for shard in shards)
    fen = [entry.amount for entry in entries if entry.kind is EntryKind.PAYMENT]
    if fen:
        yield Difference(Kind.MISSING, day, {"payments": len(fen), "paid_fen": sum(fen)})


def _report(state: State, found: Found, survey: Survey) -> Report:
    sums = survey.summed
    return Report(
        day=found.day,
        state=state,
        at=found.now,
        rows=survey.rows,
        paid_fen=sums.get("订单总金额", 0),
        refunded_fen=sums.get("申请退款总金额", 0),
        fee=sums.get("手续费总金额", 0),
        differences=dict(found.kinds),
    )
