"""Tencent's packages, without their wheels: recorded events against the real handlers."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.tencent import package as packing
from shop.web.tencent import Entry
from tests.proving.shop import Shop
from tests.proving.template import load_template

SEED = 20261122
EVENTS = Path(__file__).with_name("events")
CONTEXT = {"request_id": "r-1", "function_name": "shop", "time_limit_in_ms": 20_000}


@pytest.fixture
def shop() -> Iterator[Shop]:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        shop.put_product("p1", [(1_000, 3, None)])
        yield shop


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """The whole shop's package as the packager writes it."""
    monkeypatch.setattr(packing, "_install", lambda target: target.mkdir(parents=True))
    packing.package(tmp_path / "out")
    spec = importlib.util.spec_from_file_location(
        "tencent_index", tmp_path / "out" / "functions" / "shop" / "index.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.main_handler
    assert isinstance(made, Entry)
    return made


def recorded(name: str, **change: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return {**event, **change}


def test_a_shopper_signs_in_and_looks_at_a_product(shop: Shop, entry: Entry) -> None:
    asked = json.dumps({"user": "wang"}).encode()
    code = json.loads(shop.wechat.handle("POST", "/_control/codes", {}, asked).body)["code"]
    signed_in = entry(recorded("function_url_login", body=json.dumps({"code": code})), CONTEXT)
    assert signed_in["statusCode"] == 200
    token = json.loads(signed_in["body"])["access_token"]
    me = entry(recorded("function_url_me", headers={"authorization": f"Bearer {token}"}), CONTEXT)
    assert json.loads(me["body"])["nickname"] is not None
    product = entry(recorded("cloudbase_product"), CONTEXT)
    assert (product["statusCode"], json.loads(product["body"])["id"]) == (200, "p1")
    assert entry(recorded("api_gateway_products"), CONTEXT)["statusCode"] == 200


def test_headers_of_wechat_s_cloud_prove_nothing(shop: Shop, entry: Entry) -> None:
    event = recorded("function_url_me", headers={"X-WX-OPENID": shop.buyer("wang").openid})
    assert entry(event, CONTEXT)["statusCode"] == 401


def test_an_unknown_path_is_the_contract_s_not_found(shop: Shop, entry: Entry) -> None:
    answer = entry(recorded("function_url_me", path="/v1/nothing"), CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "not_found")


def test_the_timer_sweeps(shop: Shop, entry: Entry) -> None:
    assert entry(recorded("timer_order_expiry"), CONTEXT)["finished"] is True


def test_only_what_reads_streams_and_queues_is_left_out() -> None:
    found = packing.deployed((packing.ROOT / "template.yaml").read_text(encoding="utf-8"))
    packed = {one.folder for one in found}
    for function in load_template().functions.values():
        kinds = {event.kind for event in function.events.values()}
        assert (function.folder in packed) == (not kinds <= {"DynamoDB", "SQS"})
    assert {one.folder for one in found if one.timer} >= {"order_expiry", "stock_audit"}


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [({"TABLE_NAME": "t" * 4_096}, "4096"), ({"TABEL_NAME": "t"}, "TABEL_NAME")],
)
def test_an_environment_that_the_platform_or_the_shop_would_not_take_is_refused(
    tmp_path: Path, environment: dict[str, str], complaint: str
) -> None:
    with pytest.raises(packing.PackageError, match=complaint):
        packing.package(tmp_path, environment)
