"""The stock audit: every counter beside what it stands for. It repairs nothing (`design.md` 2).

Every order that ever sold something counts, so all are read, by one scan: half a unit per 4 KB, for
a million orders and what lies beside them about 2.2 GB, 275,000 units, US$ 0.07. Going through the
day rows would be dearer, since each order read by its key is billed as 4 KB. Orders move while
they are read, so a difference is looked at again, with the orders changed in the last two minutes,
and only one that stays the same each time is a difference.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from shop.domain.audit import HELD, SOLD, SaleAudit, SkuAudit
from shop.domain.calendar import business_day
from shop.domain.flash import FlashSale
from shop.domain.order import OrderStatus
from shop.errors import NotFoundError
from shop.store import anomalies, flash, orders, runs, stock
from shop.store.flash import ShardRow
from shop.store.order_row import OrderRow, unpack_book
from shop.store.stock import SkuRow
from shop.store.table import Key
from shop.telemetry import metrics

SCHEDULE = "stock_audit"
LOOKS = 3
RECENT_SECONDS = 120
RESERVE_SECONDS = 3.0

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class StockAudit:
    """What an audit found."""

    skus: tuple[SkuAudit, ...]
    sales: tuple[SaleAudit, ...]

    @property
    def differences(self) -> int:
        """How many SKUs and sales do not add up."""
        return sum(one.is_wrong for one in self.skus) + sum(one.is_wrong for one in self.sales)


def audit_all(remaining: Callable[[], float], clock: Clock) -> StockAudit:
    """Audit every SKU and sale; each difference becomes an anomaly and raises the alarm.

    Args:
        remaining: Seconds until the function is stopped.
        clock: UTC seconds.

    Raises:
        UnavailableError: The store did not answer, or there was not enough time; what was found
            until then is not told.
    """
    now = clock()
    found = StockAudit(
        tuple(_skus(None, remaining, clock)),
        tuple(_sale(sale, now) for sale in flash.all_sales()),
    )
    for sku in found.skus:
        if sku.is_wrong:
            _alarm("stock_difference", sku.sku_id, sku, now)
    for sale in found.sales:
        if sale.is_wrong:
            _alarm("sale_difference", sale.sale_id, sale, now)
    metrics.add_metric(name="StockDifference", unit="Count", value=found.differences)
    metrics.add_metric(name="StockAudited", unit="Count", value=len(found.skus))
    runs.ended(SCHEDULE, clock())
    return found


def audit_sku(sku_id: str, remaining: Callable[[], float], clock: Clock) -> StockAudit:
    """Audit one SKU and its sales, for a person who looks; raises no alarm.

    Raises:
        NotFoundError: There is no such SKU.
        UnavailableError: As `audit_all`: a shop too large for this is audited by its schedule.
    """
    skus = tuple(_skus(sku_id, remaining, clock))
    if not skus:
        raise NotFoundError
    now = clock()
    sales = tuple(_sale(sale, now) for sale in flash.all_sales() if sale.sku_id == sku_id)
    return StockAudit(skus, sales)


def audit_sale(sale_id: str, now: int) -> StockAudit:
    """Audit one sale, for a person who looks; reads only its shards.

    Raises:
        NotFoundError: There is no such sale.
        UnavailableError: The store did not answer.
    """
    sale = flash.sale(sale_id)
    if sale is None:
        raise NotFoundError
    return StockAudit((), (_sale(sale, now),))


# -------------------------------------------------------------------- SKUs and orders


@dataclass(slots=True)
class _Pieces:
    """What orders hold of each SKU: final ones as sums, those that may still move one by one.

    One that was closed before the audit holds nothing; should it be revived, it comes again.
    """

    since: int
    settled: Counter[str] = field(default_factory=Counter)
    moving: dict[Key, tuple[OrderStatus, int, Mapping[str, int]]] = field(default_factory=dict)

    def take_in(self, rows: Iterable[OrderRow], *, again: bool = False) -> None:
        """Count orders; `again` for those that moved, or had a refund changed, since."""
        for row in rows:
            key: Key = (row.PK, row.SK)
            before = self.moving.pop(key, None)
            status, moved_at = OrderStatus(row.status), int(row.moved_at)
            is_old = moved_at < self.since
            if is_old and status is OrderStatus.CLOSED:
                continue
            is_final = is_old and status is OrderStatus.DONE
            if is_final and again and before is None:
                # Among the sums already; what is asked back of it by now was shipped.
                continue
            pieces = _of_skus(row)
            if is_final and row.refunds is None:
                self.settled.update(pieces)
            elif pieces:
                self.moving[key] = (status, moved_at, pieces)

    def audits(self, rows: Iterable[SkuRow]) -> Iterator[SkuAudit]:
        """Each SKU's counters beside what orders hold of it; goes through the orders once."""
        held, sold, recent = Counter[str](), Counter(self.settled), Counter[str]()
        for status, moved_at, pieces in self.moving.values():
            if status in HELD:
                held.update(pieces)
            elif status in SOLD:
                sold.update(pieces)
            if moved_at >= self.since:
                recent.update(pieces.keys())
        for row in rows:
            yield SkuAudit(
                sku_id=row.sku_id,
                available=int(row.available),
                taken=int(row.taken),
                in_total=int(row.in_total),
                held=held[row.sku_id],
                sold=sold[row.sku_id],
                recent_orders=recent[row.sku_id],
            )


def _of_skus(row: OrderRow) -> Mapping[str, int]:
    """Pieces by SKU that have not come back; nothing for one whose units are in a sale's shard."""
    if row.sale_id:
        return {}
    pieces: Counter[str] = Counter()
    book = unpack_book(row.refunds)
    for at, line in enumerate(row.lines, start=1):
        pieces[line.sku_id] += line.quantity - book.line(at).back
    return pieces


def _skus(only: str | None, remaining: Callable[[], float], clock: Clock) -> list[SkuAudit]:
    def may_go_on() -> bool:
        return remaining() > RESERVE_SECONDS

    pieces = _Pieces(clock() - RECENT_SECONDS)
    pieces.take_in(orders.every(may_go_on=may_go_on))
    rows = stock.every(may_go_on=may_go_on) if only is None else stock.some([only])
    found = {one.sku_id: one for one in pieces.audits(rows)}
    for _ in range(LOOKS - 1):
        doubtful = [one.sku_id for one in found.values() if not one.adds_up]
        if not doubtful:
            break
        moved = orders.every(moved_since=pieces.since, may_go_on=may_go_on)
        pieces.take_in(moved, again=True)
        for now in pieces.audits(stock.some(doubtful)):
            found[now.sku_id] = replace(now, steady=now.same_as(found[now.sku_id]))
    return sorted(found.values(), key=lambda one: one.sku_id)


# -------------------------------------------------------------------- sales


def _sale(sale: FlashSale, now: int) -> SaleAudit:
    shards = flash.shards_at_once(sale.id, sale.shards)
    counted = [_shard(row) for row in shards.values()]
    wrong = [
        number
        for number in range(sale.shards)
        if number not in shards or not _adds_up(shards[number])
    ]
    return SaleAudit(
        sale_id=sale.id,
        sku_id=sale.sku_id,
        units=sale.units,
        free=sum(int(row.free) for row in shards.values()),
        held=sum(held for held, _ in counted),
        sold=sum(sold for _, sold in counted),
        in_shards=sum(int(row.total) for row in shards.values()),
        wrong_shards=tuple(wrong),
        is_over=now >= sale.ends_at,
        is_open=sale.open,
    )


def _shard(row: ShardRow) -> tuple[int, int]:
    """Units that are held, and units that are sold."""
    live = [
        one for customer_id in row.customers() for one in row.entry(customer_id).live if one.here
    ]
    held = sum(one.quantity for one in live if one.due is not None)
    return held, sum(one.quantity for one in live) - held


def _adds_up(row: ShardRow) -> bool:
    return int(row.free) >= 0 and int(row.free) + sum(_shard(row)) == int(row.total)


def _alarm(kind: str, key: str, found: SkuAudit | SaleAudit, now: int) -> None:
    anomalies.report(business_day(now), kind, key, asdict(found), now)
