"""The template as SAM translates it: what it adds can refer in a circle that ours does not show."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import pytest

from tests.proving.template import ROOT

PYTHON = ROOT / ".venv-cloud" / "bin" / "python"
EVERYTHING = (
    "BlueGreen=true", "SnapStart=PublishedVersions", "PythonRuntime=python3.13",
    "Architecture=arm64", "AlarmMail=engineer@example.com", "Paused=true",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="scripts/setup cloud brings SAM")


def translated(*parameters: str) -> dict[str, Any]:
    done = subprocess.run(
        [str(PYTHON), "-m", "scripts.translated", *parameters],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ".", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def named(value: Any) -> Iterator[str]:
    """Every resource or parameter that a piece of a template refers to."""
    if isinstance(value, list):
        for one in value:
            yield from named(one)
    if not isinstance(value, dict):
        return
    for key, one in value.items():
        if key in ("Ref", "Fn::GetAtt", "DependsOn"):
            first = one[0] if key == "Fn::GetAtt" and isinstance(one, list) else one
            yield from [str(first).partition(".")[0]] if not isinstance(first, list) else first
            continue
        if key == "Fn::Sub":
            text = one[0] if isinstance(one, list) else one
            yield from (name.partition(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", text))
        yield from named(one)


@pytest.mark.parametrize("parameters", [(), EVERYTHING], ids=["by default", "everything on"])
def test_no_resource_waits_for_itself(parameters: tuple[str, ...]) -> None:
    resources = translated(*parameters)["Resources"]
    order = TopologicalSorter(
        {name: set(named(one)) & set(resources) for name, one in resources.items()}
    )
    order.prepare()  # raises, and says the way round
    made = {one["Type"] for one in resources.values()}
    assert ("AWS::CodeDeploy::DeploymentGroup" in made) is bool(parameters)


MANAGED = {
    "AWSLambdaBasicExecutionRole": "writing log lines; every function",
    "AWSLambdaDynamoDBExecutionRole": "reading the table's stream; what follows it",
    "AWSLambdaSQSQueueExecutionRole": "taking what the outbox could not do; dead_letters",
}
"""Policies of AWS's own that SAM adds to its roles, on every resource; all else is ours, by action
and resource. A role of our own for each function would do without: 33 resources more."""


def test_sam_adds_the_known_policies_of_aws_and_no_others() -> None:
    roles = [
        one["Properties"]
        for one in translated()["Resources"].values()
        if one["Type"] == "AWS::IAM::Role"
    ]
    added = {
        str(arn).rpartition("/")[2].rstrip("'}")
        for role in roles
        for arn in role.get("ManagedPolicyArns", [])
    }
    assert added == set(MANAGED)
    of_queues = [one for one in roles if "SQSQueue" in str(one.get("ManagedPolicyArns"))]
    assert len(of_queues) == 1
