"""R8: the daily bill finds every difference, cries wolf never, and tells each one once.

WeChat's books and files are the emulator's; ours are written by the shop. Each way in which a
whole bill can be wrong is put into a small day; a day of clean trades must compare without one
difference, and then every other kind is put into it at once.
"""

from collections.abc import Iterator
from typing import Any

from scripts.emulators.wechatpay.ledger import Order, Refund
from tests.proving.cases.bill_differences import ALL, ORDERS, REFUNDS, Books
from tests.proving.cases.bill_files import WHOLE
from tests.proving.scorecard import PROOFS, Result
from tests.proving.shop import TABLE, Shop, keys

promise, target = PROOFS["R8"]

FULL_ROWS, QUICK_ROWS = 100_000, 400
REFUNDED_EACH = 10
"""Of the clean orders each so many-th went back; after midnight each hundredth of those."""
DAY, READY_SECONDS = 86_400, 11 * 3_600
LEAST_KINDS = 12
_BATCH = 1_000


def run(seed: int, quick: bool) -> Result:
    """Whole bills that are wrong; a clean day; the same with all differences, and once more."""
    lines: list[str] = []
    with Shop(seed=seed, lean=True) as shop:
        trade(shop)
        evening = shop.moment()
        for name in WHOLE:
            shop.back_to(evening)
            lines += _whole(shop, name)
        shop.back_to(evening)
        books = books_of(shop)
        wanted = QUICK_ROWS if quick else FULL_ROWS
        rows = _clean(shop, wanted - len(books.spare) - 2 * len(books.returned))
        day = next_morning(shop)
        clean = _reconciled(shop, day)
        rows = clean["rows"]
        if rows < wanted or clean["differences"] or _anomalies(shop):
            lines.append(f"clean: {clean}, {sorted(_anomalies(shop))[:20]}")
        found = _all_at_once(books, day, lines)
    kinds = {one.partition("#")[0] for one in books.told}
    for _, told in WHOLE.values():
        kinds |= {one.partition("#")[0] for one in told}
    if len(kinds) < LEAST_KINDS:
        lines.append(f"only {len(kinds)} kinds")
    injected = len(ALL) + len(WHOLE)
    measured = (
        f"{len(kinds)} kinds in {injected} injections all told, {len(lines)} wrong;"
        f" 0 false in {rows:,} clean rows"
        if not lines
        else f"{len(lines)} wrong in {injected} injections"
    )
    counts = {"kinds": len(kinds), "injections": injected, "clean rows": rows, "told": len(found)}
    return Result(measured, not lines, counts, lines)


def trade(shop: Shop) -> None:
    """Orders and refunds that went the whole way through the shop."""
    shop.put_product("p1", [(12_800, 1_000, None)])
    for number in range(ORDERS + REFUNDS):
        buyer = shop.buyer(f"buyer{number}")
        placed = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1}))
        assert placed.payment, placed
        shop.pay_now(buyer, placed.payment)
        shop.deliver_due()
        if number >= ORDERS:
            assert shop.cancel(buyer, placed.order_no).status == 200
    shop.pump()
    shop.world.clock.advance(70)
    shop.sweep()
    shop.deliver_due()
    shop.pump()


def books_of(shop: Shop) -> Books:
    """Both sides' books after `trade`."""
    theirs = shop.pay._ledger
    returned = list(theirs.refunds.values())
    gone = {one.out_trade_no for one in returned}
    spare = [order for order in theirs.orders.values() if order.out_trade_no not in gone]
    assert (len(spare), len(returned)) == (ORDERS, REFUNDS), (len(spare), len(returned))
    return Books(shop, spare, returned)


def _clean(shop: Shop, rows: int) -> int:
    """Trades that agree on both sides; a tenth of them is refunded as well."""
    from shop.domain.ledger import Entry, EntryKind
    from shop.store import ledger

    theirs, entries, made = shop.pay._ledger, [], 0
    for order, refund in _trades(shop, rows):
        theirs.orders[order.out_trade_no] = order
        theirs._by_transaction[str(order.transaction_id)] = order.out_trade_no
        paid_at = int(order.paid_at or 0)
        common = (order.out_trade_no, "cleancust01")
        number = str(order.transaction_id)
        entries.append(Entry(EntryKind.PAYMENT, *common, number, order.total, paid_at))
        made += 1
        if refund is not None:
            theirs.add_refund(refund)
            told = int(refund.settled_at or 0)
            number, fen = refund.out_refund_no, refund.amount
            entries.append(Entry(EntryKind.REFUND, *common, number, fen, told))
            if told - paid_at > DAY // 2:
                # Told after midnight: what the bill cannot find under its day, it looks up.
                shop.world.engine.put(TABLE, _refund_row(order, refund))
            made += 1
        if len(entries) >= _BATCH:
            ledger.enter_all(entries)
            entries.clear()
            shop.world.engine.take_stream(TABLE)
    ledger.enter_all(entries)
    return made


def _trades(shop: Shop, rows: int) -> Iterator[tuple[Order, Refund | None]]:
    made, number = 0, 0
    while made < rows:
        number += 1
        total = 1 + (number * 7_919) % 500_000
        at = float(shop.now + number % 3_600)
        order = _order(f"clean{number:020}", f"42000000{number:020}", total, at)
        refund = _refund(order, number) if number % REFUNDED_EACH == 0 else None
        made += 1 + (refund is not None)
        yield order, refund


def _order(number: str, transaction: str, total: int, at: float) -> Order:
    asked = {
        "appid": keys().wechat["appid"],
        "mchid": keys().wechatpay["mchid"],
        "description": "云雾绿茶, 明前, 250 克",
        "out_trade_no": number,
        "attach": "cleancust01",
        "amount": {"total": total, "currency": "CNY"},
        "payer": {"openid": "clean"},
    }
    return Order(number, asked, at, at + 900, "SUCCESS", {}, transaction, at)


def _refund(order: Order, number: int) -> Refund:
    at = float(order.paid_at or 0) + 60
    later = DAY if number % (100 * REFUNDED_EACH) == 0 else 5
    return Refund(
        refund_id=f"50300000{number:020}",
        out_refund_no=f"{order.out_trade_no}-1",
        out_trade_no=order.out_trade_no,
        asked={},
        amount=max(1, order.total // 2),
        outcome="SUCCESS",
        due_at=at,
        requested_at=at,
        created_at=at,
        status="SUCCESS",
        settled_at=at + later,
    )


def _refund_row(order: Order, refund: Refund) -> dict[str, dict[str, str]]:
    numbers = {"am": refund.amount, "pf": order.total, "c": refund.created_at}
    numbers["x"] = refund.settled_at or 0
    words = {"st": "SUCCESS", "r": "退货", "ca": "cancelled", "ti": str(order.transaction_id)}
    return {
        "PK": {"S": "C#cleancust01"},
        "SK": {"S": f"R#{order.out_trade_no}#1"},
        **{name: {"N": str(int(value))} for name, value in numbers.items()},
        **{name: {"S": value} for name, value in words.items()},
    }


def next_morning(shop: Shop) -> str:
    """Moves on to when yesterday's bills are there; returns that day."""
    from shop.domain.calendar import begins_at, business_day

    day = business_day(shop.now)
    shop.world.clock.move_to(begins_at(day) + DAY + READY_SECONDS)
    return day


def _reconciled(shop: Shop, day: str) -> dict[str, Any]:
    """The schedule fires with that day not compared yet; all other days of the week must agree."""
    key = {"PK": {"S": "J#bills"}, "SK": {"S": day}}
    shop.world.engine.ask("DeleteItem", {"TableName": TABLE, "Key": key})
    summary: dict[str, dict[str, Any]] = shop.reconcile()
    return summary[day]


def _anomalies(shop: Shop) -> set[str]:
    items = shop.world.engine.items(TABLE)
    return {item["SK"]["S"] for item in items if item["PK"]["S"].startswith("N#")}


def _all_at_once(books: Books, day: str, lines: list[str]) -> set[str]:
    """All differences on one day; again, and nothing is opened twice or closed by itself."""
    shop = books.shop
    now = shop.world.clock.now
    shop.world.clock.move_to(now - 16 * 3_600)
    for inject in ALL:
        inject(books)
    shop.world.clock.move_to(now)
    with books.written():
        _reconciled(shop, day)
        found = _anomalies(shop)
        before = [item for item in shop.world.engine.items(TABLE) if "N#" in item["PK"]["S"]]
        _reconciled(shop, day)
        after = [item for item in shop.world.engine.items(TABLE) if "N#" in item["PK"]["S"]]
    lines += [f"not told: {one}" for one in sorted(books.told - found)]
    lines += [f"false alarm: {one}" for one in sorted(found - books.told)]
    if before != after:
        lines.append("the second run changed anomalies")
    return found


def _whole(shop: Shop, name: str) -> Iterator[str]:
    """A small day whose bill is wrong as a whole."""
    fault, told = WHOLE[name]
    first = str(next(iter(shop.pay._ledger.orders.values())).transaction_id)
    day = next_morning(shop)
    with fault(shop):
        _reconciled(shop, day)
    found = _anomalies(shop)
    wanted = {one.format(day=day, first=first) for one in told}
    if found != wanted:
        yield f"{name}: told {sorted(found)}, not {sorted(wanted)}"
    # Once the bill is right, comparing again goes through and opens nothing more.
    if _reconciled(shop, day)["state"] != "done" or _anomalies(shop) != found:
        yield f"{name}: does not heal, {sorted(_anomalies(shop) - found)}"
