"""What is counted goes out under the dimensions that alarms and widgets watch."""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any
from unittest import mock

import pytest
from aws_lambda_powertools import single_metric

from shop.domain.calendar import business_day
from shop.errors import MisconfiguredError, ProviderError, UnavailableError
from shop.telemetry import entry, metrics
from shop.usecases import reconcile
from tests.proving.shop import Shop
from tests.proving.template import ROOT

SEED = 20270412
DAY = 86_400
SERVICE = (("service", "yunpu"),)
Counted = list[tuple[str, tuple[tuple[str, str], ...]]]
flush_metrics: Callable[[], None] = metrics.flush_metrics


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(6_800, 100, None)])
        yield shop


@contextmanager
def emitted() -> Iterator[Counted]:
    """The metrics that CloudWatch would read out of what is printed, with their dimensions."""
    counted: Counted = []
    said = io.StringIO()
    with (
        mock.patch.dict("os.environ", POWERTOOLS_METRICS_DISABLED="false"),
        mock.patch.object(metrics, "flush_metrics", flush_metrics),
        mock.patch("shop.telemetry.single_metric", single_metric),
        redirect_stdout(said),
    ):
        yield counted
    for line in said.getvalue().splitlines():
        read: dict[str, Any] = json.loads(line)
        for block in read["_aws"]["CloudWatchMetrics"]:
            assert block["Namespace"] == "Yunpu"
            for names in block["Dimensions"]:
                under = tuple(sorted((name, str(read[name])) for name in names))
                counted += [(one["Name"], under) for one in block["Metrics"]]


def test_a_refusal_is_counted_by_its_code_and_by_nothing_else(shop: Shop) -> None:
    with emitted() as counted:
        assert shop.call("cart", "GET /v1/cart").status == 401
    assert counted == [("Refused", (("code", "unauthenticated"), *SERVICE))]


def test_what_a_refused_request_did_is_counted_where_its_alarm_looks(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    token = shop.quote_token(buyer, {"p1-1": 1})
    down = ProviderError("wechatpay", "SYSTEM_ERROR", retryable=True)
    with (
        emitted() as counted,
        mock.patch("shop.providers.wechatpay.WechatPay.prepay", side_effect=down),
    ):
        placed = shop.place(buyer, token)
    assert placed.payment is None
    assert ("OrderPlaced", SERVICE) in counted
    assert all(under == SERVICE for name, under in counted if name != "Refused")


def test_a_refusal_of_our_account_is_counted_where_the_shop_goes_on_without(shop: Shop) -> None:
    buyer = shop.buyer("wang")
    order_no = shop.place(buyer, shop.quote_token(buyer, {"p1-1": 1})).order_no
    shop.pay.faults.add({"route": "close", "kind": "code:SIGN_ERROR:401"})
    with emitted() as counted:
        assert shop.cancel(buyer, order_no).status == 200
    assert ("Misconfigured", SERVICE) in counted


def test_a_schedule_that_our_set_up_stops_says_so() -> None:
    @entry
    def stopped(event: Mapping[str, Any], context: Any) -> None:
        raise MisconfiguredError

    with emitted() as counted, pytest.raises(MisconfiguredError):
        stopped({}, None)
    assert counted == [("Misconfigured", SERVICE)]


def test_a_request_that_our_set_up_stops_says_so(shop: Shop) -> None:
    with (
        emitted() as counted,
        mock.patch("shop.web.auth.TokenAuthenticator.customer", side_effect=MisconfiguredError),
    ):
        assert shop.call("cart", "GET /v1/cart", shop.buyer("wang")).status == 500
    assert ("Misconfigured", SERVICE) in counted


def test_nothing_a_caller_may_go_on_without_is_refused_uncounted() -> None:
    """Without settings or root keys nothing goes on, so that those leave the invocation."""
    found = {
        path.name
        for path in (ROOT / "layers/shop/shop").rglob("*.py")
        if re.search(r"(?:raise|return) MisconfiguredError", path.read_text(encoding="utf-8"))
    }
    assert found == {"telemetry.py", "config.py", "keyring.py"}


@pytest.mark.parametrize(
    ("stops", "counts"),
    [(KeyError("x"), [("UnhandledError", SERVICE)]), (UnavailableError(), [])],
)
def test_what_stops_a_schedule_is_raised_and_a_fault_of_ours_counted(
    stops: Exception, counts: Counted
) -> None:
    @entry
    def stopped(event: Mapping[str, Any], context: Any) -> None:
        raise stops

    with emitted() as counted, pytest.raises(type(stops)):
        stopped({}, None)
    assert counted == counts


@pytest.mark.parametrize(
    ("given", "name"),
    [(None, "BillCompared"), (ProviderError("wechatpay", "SYSTEM_ERROR"), "ReconciliationFailed")],
)
def test_only_a_bill_that_was_compared_counts_as_compared(
    given: ProviderError | None, name: str, shop: Shop
) -> None:
    bills = mock.Mock()
    bills.trade.side_effect = [given]
    needs = mock.Mock(clock=lambda: shop.now, bills=lambda: bills)
    day = business_day(shop.now - 2 * DAY)
    with emitted() as counted, mock.patch.object(reconcile, "apply"):
        reconcile.reconcile(day, needs, None)
        metrics.flush_metrics()
    told = {one for one, _ in counted}
    assert told & {"BillCompared", "ReconciliationFailed"} == {name}
