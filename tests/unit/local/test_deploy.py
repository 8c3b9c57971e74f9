from pathlib import Path

import pytest
import yaml

from scripts.local import deploy, processes
from scripts.local.addresses import Addresses
from scripts.local.profile import PROFILES, ROOT

ADDRESSES = Addresses(4566, 4567, 4568, 4569, 4570)


class CloudFormationLoader(yaml.SafeLoader):
    """Reads a template; what !Ref and its like mean does not matter here."""


CloudFormationLoader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))


def test_a_local_shop_differs_from_one_on_aws_in_parameters_the_template_has() -> None:
    text = (ROOT / "template.yaml").read_text("utf-8")
    declared = yaml.load(text, CloudFormationLoader)["Parameters"]
    given = deploy.parameters(PROFILES["local"], ADDRESSES)
    assert given.keys() <= declared.keys()
    for name, value in given.items():
        allowed = declared[name].get("AllowedValues")
        assert allowed is None or value in allowed


def test_every_provider_is_an_emulator_on_loopback() -> None:
    given = deploy.parameters(PROFILES["demo"], ADDRESSES)
    assert given["WechatBaseUrl"] == "http://127.0.0.1:4567"
    assert given["WechatpayBaseUrls"] == "http://127.0.0.1:4568"
    assert given["Kuaidi100BaseUrl"] == "http://127.0.0.1:4569"
    assert given["Kuaidi100LabelBaseUrl"] == "http://127.0.0.1:4569"
    assert given["SfExpressBaseUrl"] == "http://127.0.0.1:4570"
    assert given["PublicBaseUrl"] == "http://127.0.0.1:4566/_aws/execute-api/yunpu/$default"
    assert given["PayWindowSeconds"] == "60"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "AWS_PROFILE", "PYTHONPATH"])
def test_nothing_of_the_callers_environment_reaches_a_function(name: str) -> None:
    outer = {"PATH": "/bin", name: "x"}
    inner = processes.cloud_environment(PROFILES["local"], ADDRESSES, Path("scratch"), outer)
    assert name not in inner
    assert inner["BIND_HOST"] == "127.0.0.1"
    assert inner["PERSIST_STATE"] == "1"
    assert Path(inner["STATE_DIR"]).is_relative_to(PROFILES["local"].state)
