"""The parts of ``template.yaml`` that a restore needs: the table, and the secrets' names."""

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PREFIX = "${AWS::StackName}/"


class _Loader(yaml.SafeLoader):
    """YAML whose CloudFormation tags are left as their text."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, node: node.value)


def table() -> dict[str, Any]:
    """The table as the template declares it; nothing in it depends on parameters."""
    return dict(_resources()["Table"])


def secret_names() -> list[str]:
    """The secrets' names behind the stack's own."""
    names = [
        str(one["Properties"]["Name"])
        for one in _resources().values()
        if one["Type"] == "AWS::SecretsManager::Secret"
    ]
    return [name.removeprefix(PREFIX) for name in names]


def _resources() -> dict[str, Any]:
    document = yaml.load(TEMPLATE.read_text("utf-8"), Loader=_Loader)  # noqa: S506 # nosec B506 # a safe loader
    return dict(document["Resources"])
