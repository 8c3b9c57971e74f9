"""What an engineer is woken by: each alarm names its page, and can be set off by the code."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.proving.template import ROOT, Template

TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
TEMPLATE = Template(TEXT, {"AlarmMail": "engineer@example.com", "BlueGreen": "true"})
ALARMS = TEMPLATE.resources("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
WORDS = ROOT / "tests" / "vocabulary.yaml"
SECTIONS = set(re.findall(r"^## (\S+)$", RUNBOOK, re.MULTILINE))
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("functions", "layers/shop/shop")
    for path in (ROOT / folder).rglob("*.py")
)
each_alarm = pytest.mark.parametrize("name", sorted(ALARMS))


def metrics(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of what an alarm watches."""
    if "MetricName" in alarm:
        return [(alarm["Namespace"], alarm["MetricName"])]
    measured = [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
    return [(one["Namespace"], one["MetricName"]) for one in measured]


@each_alarm
def test_an_alarm_names_a_page_of_the_runbook_and_tells_somebody(name: str) -> None:
    alarm = ALARMS[name]
    page = re.search(r"docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
    assert page
    assert page[1] in SECTIONS
    assert len(alarm["AlarmActions"]) == 1


@each_alarm
def test_what_an_alarm_watches_is_told_by_the_code(name: str) -> None:
    for namespace, metric in metrics(ALARMS[name]):
        assert namespace.startswith("AWS/") or f'name="{metric}"' in CODE, metric


def test_no_page_is_left_without_its_alarm() -> None:
    named = {one["AlarmDescription"].rpartition("#")[2] for one in ALARMS.values()}
    assert named == SECTIONS


@pytest.mark.parametrize(
    "name",
    [
        "SweepSilent", "FollowUpSilent", "PaymentQueriesSilent", "PublisherSilent",
        "SearchIndexSilent", "StockAuditSilent", "ReconciliationSilent",
    ],
)  # fmt: skip
def test_silence_is_an_alarm_where_silence_is_the_fault(name: str) -> None:
    alarm = ALARMS[f"{name}Alarm"]
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


@pytest.mark.parametrize("name", ["StockAuditSilentAlarm", "ReconciliationSilentAlarm"])
def test_what_comes_once_a_day_may_come_a_little_later_the_next(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["Period"] == 3_600
    assert alarm["EvaluationPeriods"] > 24
    assert "DatapointsToAlarm" not in alarm


def test_the_links_of_the_runbook_lead_somewhere() -> None:
    titles = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)
    assert set(re.findall(r"\]\(#([a-z-]+)\)", RUNBOOK)) <= {
        title.lower().replace(" ", "-") for title in titles
    }


def test_the_dashboard_shows_what_the_code_tells() -> None:
    (dashboard,) = TEMPLATE.resources("AWS::CloudWatch::Dashboard").values()
    body = str(dashboard["DashboardBody"])
    ours = {
        name
        for widget in json.loads(body)["widgets"]
        for name in shown(widget["properties"].get("metrics", []))
    }
    assert {"OrderPlaced", "OrderPaid", "Anomaly", "SweepAgeSeconds", "RefundMade"} <= ours
    known = {one.partition(" ")[0] for one in yaml.safe_load(WORDS.read_text("utf-8"))["metrics"]}
    assert ours <= known


def shown(metrics: list[Any]) -> Iterator[str]:
    """Names of our own metrics in a widget; a dot stands for the namespace of the one before."""
    namespace = ""
    for one in metrics:
        if isinstance(one[0], str):
            namespace = namespace if one[0] == "." else one[0]
            if namespace == "Yunpu":
                yield one[1]


def test_two_shops_in_one_account_are_told_apart() -> None:
    told = TEMPLATE.document["Globals"]["Function"]["Environment"]["Variables"]
    stack = {"Ref": "AWS::StackName"}
    assert told["POWERTOOLS_SERVICE_NAME"] == stack
    raw = TEMPLATE.document["Resources"]
    dimensions = [
        one["Value"]
        for name in ALARMS
        for one in _dimensions(raw[name]["Properties"])
        if one["Name"] == "service"
    ]
    assert dimensions
    assert all(one == stack for one in dimensions)


def _dimensions(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    stats = [one["MetricStat"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    watched = (alarm, *(one["Metric"] for one in stats))
    return [one for metric in watched for one in metric.get("Dimensions", [])]
