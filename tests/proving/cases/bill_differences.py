"""Differences between WeChat Pay's bill and our books, one of each kind, and what must be told.

Each is put into a shop in which all agreed: into WeChat's own books, into the file it hands out, or
into ours. What must be found is written down here a second time, by anomaly kind and number.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from unittest import mock

from scripts.emulators.wechatpay import bills, flow
from scripts.emulators.wechatpay.ledger import Order, Refund
from tests.proving.shop import TABLE, Shop

TradeRow = dict[str, str]
FlowRow = list[str]
NUMBER, WAY, AMOUNT = 1, 5, 6
"""Columns of a fund-flow row."""


@dataclass
class Books:
    """Both sides on the evening of a day, and how the files of that day will be changed.

    Attributes:
        spare: Orders of the day that are paid, told and not refunded yet.
        returned: Numbers of refunds that are done.
        trade, flow: Changes to the files' rows, made when they are written.
        told: The anomalies that must come of it, as `<kind>#<number>`.
    """

    shop: Shop
    spare: list[Order]
    returned: list[Refund]
    trade: list[Callable[[list[TradeRow]], None]] = field(default_factory=list)
    flow: list[Callable[[list[FlowRow]], None]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def order(self) -> Order:
        """One that nothing was done to yet."""
        return self.spare.pop()

    def expect(self, number: str | None, *kinds: str) -> None:
        """These anomalies of one number must be opened."""
        self.told |= {f"bill_{kind}#{number}" for kind in kinds}

    def row(self, order: Order, change: Callable[[TradeRow], None]) -> None:
        """Change an order's payment in the trade bill."""
        self.trade.append(lambda rows: change(_payment(rows, order)))

    @contextmanager
    def written(self) -> Iterator[None]:
        """While it holds, files are written with the changes."""
        file, rows = bills._file, flow.rows

        def changed_file(found: list[TradeRow]) -> bytes:
            for change in self.trade:
                change(found)
            return file(found)

        def changed_rows(*asked: object) -> list[FlowRow]:
            found = rows(*asked)  # type: ignore[arg-type]
            for change in self.flow:
                change(found)
            return found

        with (
            mock.patch.object(bills, "_file", changed_file),
            mock.patch.object(flow, "rows", changed_rows),
        ):
            yield


def _payment(rows: list[TradeRow], order: Order) -> TradeRow:
    return next(
        row
        for row in rows
        if row["微信订单号"] == order.transaction_id and row["交易状态"] != "REFUND"
    )


def never_told(books: Books) -> None:
    """Paid at WeChat; here the order still waits for its money."""
    shop = books.shop
    wang = shop.buyer("never-told")
    placed = shop.place(wang, shop.quote_token(wang, {"p1-1": 1}))
    assert placed.payment
    assert shop.pay_now(wang, placed.payment, notify=False) == 200
    order = shop.pay._ledger.orders[placed.order_no]
    books.expect(order.transaction_id, "paid_there_not_here")


def unknown_order(books: Books) -> None:
    stranger = deepcopy(books.order())
    stranger.out_trade_no, stranger.transaction_id = "stranger0001", "4200000000000000000001"
    books.shop.pay._ledger.orders[stranger.out_trade_no] = stranger
    books.expect(stranger.transaction_id, "unknown_order")


def not_there(books: Books) -> None:
    order = books.shop.pay._ledger.orders.pop(books.order().out_trade_no)
    books.expect(order.transaction_id, "paid_here_not_there")


def amount(books: Books) -> None:
    order = books.order()
    order.asked["amount"] = {**order.asked["amount"], "total": order.total + 1}
    books.expect(order.transaction_id, "amount")


def currency(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"货币种类": "HKD"}))
    books.expect(order.transaction_id, "currency")


def other_app(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"公众账号ID": "wx00000000000000ff"}))
    books.expect(order.transaction_id, "account")


def other_merchant(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"商户号": "1600000999"}))
    books.expect(order.transaction_id, "account")


def revoked(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"交易状态": "REVOKED"}))
    books.expect(order.transaction_id, "state")


def other_order(books: Books) -> None:
    """The payment stands under a number that was never given out."""
    from shop.store.ledger import shard_for

    order = books.order()
    mine = shard_for(order.out_trade_no)
    number = next(f"elsewhere{n}" for n in range(1_000) if shard_for(f"elsewhere{n}") == mine)
    books.row(order, lambda row: row.update({"商户订单号": number}))
    books.expect(order.transaction_id, "transaction")


def other_day(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"交易时间": "2020-01-01 00:00:00"}))
    books.expect(order.transaction_id, "day")


def fee(books: Books) -> None:
    order = books.order()

    def dearer(row: TradeRow) -> None:
        whole, _, rest = row["手续费"].partition(".")
        row["手续费"] = f"{int(whole) + 1}.{rest}"

    books.row(order, dearer)
    books.expect(order.transaction_id, "fee", "flow_fee")


def fee_rate(books: Books) -> None:
    order = books.order()
    books.row(order, lambda row: row.update({"费率": "1.00%"}))
    books.expect(order.transaction_id, "fee_rate")


def paid_twice(books: Books) -> None:
    """One order under two transactions, of which we know one."""
    order = books.order()
    second = "4200000000000000000002"
    books.trade.append(lambda rows: rows.append({**_payment(rows, order), "微信订单号": second}))
    books.expect(second, "duplicate_payment", "flow_not_there", "flow_fee")


def told_twice(books: Books) -> None:
    order = books.order()
    books.trade.append(lambda rows: rows.append({**_payment(rows, order)}))
    books.expect(order.transaction_id, "duplicate_row")


def strange_refund(books: Books) -> None:
    order = books.order()
    known = books.returned[0]
    strange = deepcopy(known)
    strange.out_trade_no, strange.amount = order.out_trade_no, 1
    strange.refund_id, strange.out_refund_no = "5030000000000000000001", "strange-1"
    books.shop.pay._ledger.add_refund(strange)
    books.expect("strange-1", "refund_there_not_here")


def refund_not_there(books: Books) -> None:
    refund = books.returned.pop()
    del books.shop.pay._ledger.refunds[refund.out_refund_no]
    books.expect(refund.out_refund_no, "refund_here_not_there")


def refund_amount(books: Books) -> None:
    refund = books.returned.pop()
    refund.amount += 1
    books.expect(refund.out_refund_no, "refund_amount")


def refund_bounced(books: Books) -> None:
    """The bank sent it back after we had heard of its success."""
    refund = books.returned.pop()
    refund.status = "ABNORMAL"
    books.expect(refund.out_refund_no, "refund_status")


def refund_failed(books: Books) -> None:
    refund = books.returned.pop()
    refund.status = "CLOSED"
    books.expect(refund.out_refund_no, "refund_status")


def not_entered(books: Books) -> None:
    """The stream lost it: the order is paid, the ledger does not know."""
    order = books.order()
    engine = books.shop.world.engine
    (row,) = [
        item
        for item in engine.items(TABLE)
        if item["PK"]["S"].startswith("M#")
        and item["SK"]["S"].startswith(f"{order.out_trade_no}#P")
    ]
    key = {"PK": row["PK"], "SK": row["SK"]}
    engine.ask("DeleteItem", {"TableName": TABLE, "Key": key})
    books.expect(order.transaction_id, "not_entered")


def never_moved(books: Books) -> None:
    order = books.order()
    books.flow.append(lambda rows: _drop(rows, order.transaction_id))
    books.expect(order.transaction_id, "flow_not_there", "flow_fee")


def _drop(rows: list[FlowRow], number: str | None) -> None:
    rows[:] = [row for row in rows if row[NUMBER] != number]


def moved_for_nothing(books: Books) -> None:
    number = "4200000000000000000003"
    books.flow.append(lambda rows: rows.append([*rows[0][:NUMBER], number, *rows[0][NUMBER + 1 :]]))
    books.expect(number, "flow_unknown")


def moved_more(books: Books) -> None:
    order = books.order()

    def more(rows: list[FlowRow]) -> None:
        row = next(
            row for row in rows if row[NUMBER] == order.transaction_id and row[WAY] == "收入"
        )
        row[AMOUNT] = f"{int(row[AMOUNT].partition('.')[0]) + 1}.00"

    books.flow.append(more)
    books.expect(order.transaction_id, "flow_amount")


ALL: tuple[Callable[[Books], None], ...] = (
    never_told,
    unknown_order,
    not_there,
    amount,
    currency,
    other_app,
    other_merchant,
    revoked,
    other_order,
    other_day,
    fee,
    fee_rate,
    paid_twice,
    told_twice,
    strange_refund,
    refund_not_there,
    refund_amount,
    refund_bounced,
    refund_failed,
    not_entered,
    never_moved,
    moved_for_nothing,
    moved_more,
)
ORDERS, REFUNDS = 20, 6
"""How many they take, and one refund to copy."""
