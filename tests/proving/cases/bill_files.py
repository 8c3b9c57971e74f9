"""Whole bills that are wrong: another hash, no file, totals that do not add up, broken rows."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from scripts.emulators.wechatpay import bills, flow
from tests.proving.shop import Shop

Fault = Callable[[Shop], AbstractContextManager[None]]


@contextmanager
def _lines(change: Callable[[list[str]], None], nth: int) -> Iterator[None]:
    """The lines of the nth file that is written, trade bill first."""
    write, count = bills._bytes, [0]

    def changed(lines: list[str]) -> bytes:
        count[0] += 1
        if count[0] == nth:
            change(lines)
        return write(lines)

    with mock.patch.object(bills, "_bytes", changed):
        yield


@contextmanager
def _fault(shop: Shop, route: str, kind: str, skip: int = 0) -> Iterator[None]:
    asked = json.dumps({"route": route, "kind": kind, "skip": skip}).encode()
    assert shop.pay.handle("POST", "/_control/faults", {}, asked).status == 201
    yield
    shop.pay.handle("DELETE", "/_control/faults", {}, b"")


def _closing(lines: list[str]) -> None:
    lines[-1] = lines[-1].replace("`1", "`2", 1) if "`1" in lines[-1] else "`9" + lines[-1][2:]


def _break_first(lines: list[str]) -> None:
    lines[1] = lines[1].rpartition(",")[0]


def _no_close(lines: list[str]) -> None:
    del lines[-2:]


@contextmanager
def _no_trade(shop: Shop) -> Iterator[None]:
    books = shop.pay._ledger
    with mock.patch.object(books, "orders", {}), mock.patch.object(books, "refunds", {}):
        yield


@contextmanager
def _no_flow() -> Iterator[None]:
    with mock.patch.object(flow, "rows", return_value=[]):
        yield


WHOLE: dict[str, tuple[Fault, set[str]]] = {
    "another trade bill than announced": (
        lambda shop: _fault(shop, "billdownload", "garbage"),
        {"bill_hash#{day}"},
    ),
    "another fund-flow bill than announced": (
        lambda shop: _fault(shop, "billdownload", "garbage", skip=1),
        {"bill_flow_hash#{day}"},
    ),
    "no trade bill": (_no_trade, {"bill_missing#{day}"}),
    "no fund-flow bill": (lambda _: _no_flow(), {"bill_flow_missing#{day}"}),
    "the trade bill's totals": (lambda _: _lines(_closing, 1), {"bill_total#totals"}),
    "the trade bill's end is cut off": (lambda _: _lines(_no_close, 1), {"bill_total#totals"}),
    "the fund-flow bill's totals": (lambda _: _lines(_closing, 2), {"bill_flow_total#totals"}),
    "a row of the trade bill is broken": (
        lambda _: _lines(_break_first, 1),
        {
            "bill_unreadable#line 000002",
            "bill_total#totals",
            "bill_paid_here_not_there#{first}",
            "bill_flow_unknown#{first}",
        },
    ),
    "a row of the fund-flow bill is broken": (
        lambda _: _lines(_break_first, 2),
        {
            "bill_flow_unreadable#line 000002",
            "bill_flow_total#totals",
            "bill_flow_not_there#{first}",
        },
    ),
}
"""Name to fault, and the anomalies that must come of it."""
