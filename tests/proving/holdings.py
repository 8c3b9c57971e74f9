"""What orders hold: stock, flash units, coupons, limits; each counted once and where it says.

Pieces of `invariants`: each function yields a line for each broken promise.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.proving.raw import Attempt, Order, Tables

ORDERS_PER_SALE = 3
Totals = Mapping[str, int]
Ticket = tuple[str, str, int, int]
"""What names a flash order and its hold alike: sale, customer, time of issue, salt."""


def pieces(tables: Tables, sku: str) -> int:
    """Pieces of a SKU there are, in its own row and in the shards of its sales."""
    in_shards = sum(
        shard["n"] for (sale, _), shard in tables.shards.items() if tables.sales[sale]["k"] == sku
    )
    return int(tables.skus[sku]["it"] + in_shards)


def in_shard(order: Order) -> bool:
    """Whether its units are in a shard of its sale, and not in the SKU's own row."""
    return order.row.get("fs") is not None


def stock(tables: Tables, initial: Totals) -> Iterator[str]:
    """What is taken is what live orders hold, and no piece comes or goes."""
    held: Counter[str] = Counter()
    for order in tables.orders:
        if order.live and not in_shard(order):
            for line, kept in order.kept():
                held[line["sku_id"]] += kept
    for sku, row in tables.skus.items():
        available, taken, in_total = row["av"], row["tk"], row["it"]
        if available < 0 or taken < 0 or in_total != available + taken:
            yield f"stock of {sku}: {available} available + {taken} taken != {in_total} in total"
        if taken != held[sku]:
            yield f"stock of {sku}: {taken} taken, but live orders hold {held[sku]}"
        if sku in initial and pieces(tables, sku) != initial[sku] + tables.adjusted.get(sku, 0):
            yield f"stock of {sku}: {pieces(tables, sku)} pieces of {initial[sku]} are left"


def shards(tables: Tables) -> Iterator[str]:
    """In each shard what is free and what is held is all there is."""
    held: Counter[tuple[str, int]] = Counter()
    for one in tables.attempts:
        if one.here:
            held[one.sale, one.shard] += one.quantity
    for name, row in tables.shards.items():
        if row["f"] < 0 or row["f"] + held[name] != row["n"]:
            yield f"shard {name}: {row['f']} free + {held[name]} held != {row['n']}"


def allowances(tables: Tables) -> Iterator[str]:
    """A live flash order has its units where it says, and nobody more than is allowed."""
    held: Counter[tuple[Ticket, int]] = Counter()
    for one in tables.attempts:
        if one.here:
            held[_ticket(one), one.shard] += one.quantity
    bought: Counter[tuple[str, str]] = Counter()
    placed: Counter[tuple[str, str]] = Counter()
    for ticket, order in _flash_orders(tables).items():
        wanted = sum(kept for _, kept in order.kept())
        placed[ticket[:2]] += 1
        bought[ticket[:2]] += wanted if order.live else 0
        if order.live and in_shard(order) and held[ticket, order.row["fn"]] != wanted:
            found = held[ticket, order.row["fn"]]
            yield f"order {order.number}: {found} units in its shard, not {wanted}"
    for (sale, customer), count in placed.items():
        units = bought[sale, customer]
        if units > tables.sales[sale]["pc"] or count > ORDERS_PER_SALE:
            yield f"sale {sale}: {customer} holds {units} units by {count} orders"


def stale_holds(tables: Tables) -> Iterator[str]:
    """At rest only: every hold is that of a paid order, in the shard that the order names."""
    orders = _flash_orders(tables)
    for one in tables.attempts:
        order = orders.get(_ticket(one))
        if order is None or not order.live or one.due is not None:
            status = order.status if order else "no order"
            yield f"sale {one.sale} shard {one.shard}: a hold of {one.customer} stays ({status})"
        elif one.here and order.row.get("fn") != one.shard:
            yield f"sale {one.sale} shard {one.shard}: {order.number} holds units twice"
    yield from _uncounted(tables)


def _uncounted(tables: Tables) -> Iterator[str]:
    """A live flash order is counted where its customer's allowance is kept."""
    counted = {(_ticket(one), one.shard) for one in tables.attempts}
    for ticket, order in _flash_orders(tables).items():
        sale, customer = ticket[:2]
        home = zlib.crc32(customer.encode()) % tables.sales[sale]["n"]
        if order.live and in_shard(order) and (ticket, home) not in counted:
            yield f"order {order.number}: not counted at home, in shard {home} of {sale}"


def _flash_orders(tables: Tables) -> dict[Ticket, Order]:
    return {
        (one.row["fs"], one.customer, one.issued_at, one.row["fx"]): one
        for one in tables.orders
        if one.row.get("fs")
    }


def _ticket(attempt: Attempt) -> Ticket:
    return attempt.sale, attempt.customer, attempt.issued_at, attempt.salt


def coupons(tables: Tables) -> Iterator[str]:
    """Each claim is in at most one live order, each live order has its claims."""
    yield from _claims_held(tables)
    orders = {(claim["customer"], claim["id"]): claim.get("o") for claim in tables.claims}
    for order in tables.orders:
        for claim_id in order.claims if order.live else ():
            if orders.get((order.customer, claim_id)) != order.number:
                yield f"order {order.number}: claim {claim_id} is not held for it"
    yield from _given(tables)
    allowed = {template["id"]: template["per_customer"] for template in tables.templates}
    each = Counter((claim["customer"], claim["coupon"]) for claim in tables.claims)
    for (customer, coupon), count in each.items():
        if count > allowed[coupon]:
            yield f"coupon {coupon}: {customer} claimed {count}"


def _given(tables: Tables) -> Iterator[str]:
    """Pools count what they gave out, within the quota; nobody has a claim that none gave."""
    here = [one for one in tables.given if one["here"]]
    counted = Counter((one["coupon"], one["pool"]) for one in here)
    for (coupon, number), count in tables.pools.items():
        if counted[coupon, number] != count:
            yield f"coupon {coupon}: pool {number} counts {count}, gave {counted[coupon, number]}"
    sums = Counter(one["coupon"] for one in here)
    for template in tables.templates:
        if sums[template["id"]] > template["q"]:
            yield f"coupon {template['id']}: {sums[template['id']]} given of {template['q']}"
    given = Counter((one["customer"], one["id"]) for one in here)
    held = Counter((claim["customer"], claim["id"]) for claim in tables.claims)
    yield from (f"claim {name}: given {count} times" for name, count in given.items() if count > 1)
    yield from (f"claim {name}: nobody gave it" for name in held if name not in given)


def claims_given(tables: Tables) -> Iterator[str]:
    """At rest only: what a pool gave out is in its customer's hands, and used up where it paid."""
    held = {(claim["customer"], claim["id"]) for claim in tables.claims}
    for one in tables.given:
        if one["here"] and (one["customer"], one["id"]) not in held:
            yield f"claim {one['id']} of {one['customer']}: given, and not there"
    paid = {order.number for order in tables.orders if order.live and order.transaction}
    for claim in tables.claims:
        if claim["st"] == "HELD" and claim.get("o") in paid:
            yield f"claim {claim['id']}: still held by {claim['o']}, which is paid"


def _claims_held(tables: Tables) -> Iterator[str]:
    orders = {order.number: order for order in tables.orders}
    for claim in tables.claims:
        holder = claim.get("o")
        if (claim["st"] == "UNUSED") != (holder is None):
            yield f"claim {claim['id']}: {claim['st']} by {holder}"
        if holder is None:
            continue
        order = orders.get(holder)
        if order is None or claim["id"] not in order.claims:
            yield f"claim {claim['id']}: held by {holder}, which does not use it"
        elif not order.live and order.transaction is None:
            yield f"claim {claim['id']}: held by {holder}, which was closed unpaid"


def limits(tables: Tables) -> Iterator[str]:
    """Limits count what live orders hold, and hold."""
    held: Counter[tuple[str, str]] = Counter()
    allowed: dict[tuple[str, str], int] = {}
    for order in tables.orders:
        for line, kept in order.kept():
            if line["limit"] is not None and order.live:
                held[order.customer, line["sku_id"]] += kept
                allowed[order.customer, line["sku_id"]] = line["limit"]
    for name in {*held, *tables.limits}:
        if held[name] != tables.limits.get(name, 0):
            yield f"limit of {name}: {tables.limits.get(name, 0)} counted, {held[name]} held"
        if held[name] > allowed.get(name, held[name]):
            yield f"limit of {name}: {held[name]} held of {allowed[name]}"
