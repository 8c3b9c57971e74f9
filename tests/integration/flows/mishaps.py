"""What goes wrong around a request: it dies, it stalls, WeChat tells yesterday's news."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from unittest import mock

import pytest

from tests.proving.aftermath import rested
from tests.proving.faults import Killed, Kind
from tests.proving.holdings import Totals
from tests.proving.invariants import tables_of
from tests.proving.seam import Call
from tests.proving.shop import Answer, Buyer, Shop, load_handler_module

Chosen = Callable[[Call], bool]


def places_order(call: Call) -> bool:
    """The write that puts one order (or forbids it)."""
    return call.name == "PutItem" and call.request["Item"]["SK"]["S"].startswith("O#")


def moves_order(call: Call) -> bool:
    return call.name == "UpdateItem" and call.request["Key"]["SK"]["S"].startswith("O#")


def writes_shard(call: Call) -> bool:
    return call.name == "UpdateItem" and call.request["Key"]["PK"]["S"].startswith("F#")


def asks_refund(call: Call) -> bool:
    return call.kind == "http" and call.name.endswith("/refunds")


def nth(number: int, chosen: Chosen) -> Chosen:
    """The n-th of such calls only, counted from 1."""
    met = 0

    def is_it(call: Call) -> bool:
        nonlocal met
        is_one = chosen(call)
        met += is_one
        return is_one and met == number

    return is_it


@contextmanager
def before(shop: Shop, chosen: Chosen, happens: Callable[[], object]) -> Iterator[None]:
    """The first call of this kind waits until something else has happened; it must come."""
    failures: list[Exception | None] = []

    def choose(_: int, call: Call) -> None:
        if not chosen(call):
            return
        shop.world.faults.none()
        try:
            happens()
        except Exception as failure:
            # The code that is held up here may survive what the test must not.
            failures.append(failure)
            raise
        failures.append(None)

    shop.world.faults.when(choose)
    yield
    assert failures == [None], failures or "no such call came"


@contextmanager
def once(shop: Shop, kind: Kind, chosen: Chosen) -> Iterator[None]:
    """The first call of this kind goes wrong; it must come."""
    is_first = nth(1, chosen)
    shop.world.faults.when(lambda _, call: kind if is_first(call) else None)
    yield
    fired = [what for _, what in shop.world.faults.fired]
    assert fired == [kind], fired or "no such call came"
    shop.world.faults.none()


@contextmanager
def dies_before(shop: Shop, chosen: Chosen) -> Iterator[None]:
    """The process ends before its first call of this kind."""
    with once(shop, Kind.KILLED_BEFORE, chosen), pytest.raises(Killed):
        yield


@contextmanager
def wechat_shows_no_payment(state: str = "NOTPAY") -> Iterator[None]:
    """WeChat's reads lag: whoever asks about a paid order hears of no payment yet."""
    from shop.domain.payment import Payment, TradeState
    from shop.providers.wechatpay import WechatPay

    def look(self: object, order_no: str) -> Payment:
        return Payment(order_no, TradeState(state))

    with mock.patch.object(WechatPay, "query", look):
        yield


@contextmanager
def wechat_knows_nothing_yet() -> Iterator[None]:
    """As before, and even closing a paid order succeeds."""
    from shop.providers.wechatpay import WechatPay

    with wechat_shows_no_payment(), mock.patch.object(WechatPay, "close"):
        yield


@contextmanager
def another_process() -> Iterator[None]:
    """Flash requests reach a process that has seen nothing of any sale."""
    from shop.usecases.flash_stock import ShardsSeen

    with mock.patch.object(load_handler_module("flash_sale"), "shards_seen", ShardsSeen()):
        yield


def buy_now(shop: Shop, buyer: Buyer, sale: str) -> Answer:
    """A flash order with a new ticket."""
    return shop.place_flash(buyer, sale, shop.ticket(buyer, sale))


def pays(shop: Shop, buyer: Buyer, placed: Answer) -> None:
    """The buyer pays; WeChat's notice comes when a test sends it, or at rest."""
    assert placed.status == 201, placed.body
    assert placed.payment
    assert shop.pay_now(buyer, placed.payment) == 200


def free_units(shop: Shop, sale: str) -> dict[int, int]:
    """Free units by shard, as stored."""
    rows = tables_of(shop).shards.items()
    return {number: int(row["f"]) for (one, number), row in rows if one == sale}


def stands(shop: Shop, order_no: str) -> str:
    """The order's state as stored."""
    return next(order.status for order in tables_of(shop).orders if order.number == order_no)


def customers_of_home(shop: Shop, shard: int, shards: int = 2) -> Iterator[Buyer]:
    """Buyers whose home is this shard."""
    from shop.store.table import shard_of

    buyers = (shop.buyer(f"home{number}") for number in count())
    return (buyer for buyer in buyers if shard_of(buyer.customer_id, shards) == shard)


def anomalies(shop: Shop) -> list[str]:
    """Kinds of what a person must look at."""
    return [str(one["kind"]).partition("#")[0] for one in tables_of(shop).anomalies]


def assert_exact_at_rest(shop: Shop, initial: Totals) -> None:
    """Once all is delivered and swept, every unit and every fen is where it belongs."""
    lines = rested(shop, initial)
    assert not lines, "\n".join(lines)
