"""How a new version comes into use: aliases on the money path, snapshots and gradual traffic."""

import re
from typing import Any

import pytest

from tests.proving.template import ROOT, Template

TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
PLAIN = Template(TEXT)
ON = Template(
    TEXT, {"BlueGreen": "true", "SnapStart": "PublishedVersions", "PythonRuntime": "python3.13"}
)
MONEY = ("checkout", "flash_sale", "pay_notify")
"""Where a cold start or a bad version costs orders."""
UNREAD = {
    "WechatBaseUrl", "Kuaidi100BaseUrl",
    "ApprovalStockPieces", "ApprovalGiftCustomers", "ApprovalRefundFen",
}  # fmt: skip
"""Settings of all functions that these do not use."""
DESCRIPTION_LIMIT = 256
each_of_money = pytest.mark.parametrize("folder", MONEY)


def properties(template: Template, folder: str) -> dict[str, Any]:
    """A function's own properties."""
    found = {one.folder: one for one in template.functions.values()}
    return dict(found[folder].properties)


def raw(folder: str) -> dict[str, Any]:
    """The same with nothing worked out."""
    resources = PLAIN.document["Resources"].values()
    uri = f"functions/{folder}/"
    return next(
        dict(one["Properties"])
        for one in resources
        if one.get("Properties", {}).get("CodeUri") == uri
    )


def test_an_alias_is_published_for_the_money_path_alone() -> None:
    aliased = {
        one.folder for one in PLAIN.functions.values() if "AutoPublishAlias" in one.properties
    }
    assert aliased == set(MONEY)


@each_of_money
def test_by_default_there_is_neither_snapshot_nor_codedeploy(folder: str) -> None:
    found = properties(PLAIN, folder)
    assert found["SnapStart"] == {"ApplyOn": "None"}
    assert found["DeploymentPreference"]["Enabled"] == "false"
    assert not PLAIN.condition("Gradual")
    assert "DeploymentRole" not in PLAIN.resources("AWS::IAM::Role")
    # Only a parameter is known while the template is transformed: anything else would make the
    # resources of CodeDeploy, which the local cloud does not have.
    assert raw(folder)["DeploymentPreference"]["Enabled"] == {"Ref": "BlueGreen"}


@each_of_money
def test_switched_on_a_tenth_goes_first_and_alarms_bring_it_back(folder: str) -> None:
    preference = properties(ON, folder)["DeploymentPreference"]
    alarms = ON.resources("AWS::CloudWatch::Alarm")
    assert properties(ON, folder)["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert preference["Enabled"] == "true"
    assert re.fullmatch(r"Canary10Percent\d+Minutes", preference["Type"])
    own, *common = preference["Alarms"]
    # Not the gateway's: the gateway waits for the alias, and the alias for its alarms.
    assert common == ["UnhandledErrorAlarm"]
    assert {own, *common} <= set(alarms)
    function = own.removesuffix("FailingAlarm") + "Function"
    assert ON.functions[function].folder == folder
    dimensions = {one["Name"]: one["Value"] for one in alarms[own]["Dimensions"]}
    assert dimensions == {"FunctionName": function, "Resource": f"{function}:live"}
    # They have to ring while traffic still moves.
    minutes = int(re.findall(r"\d+", preference["Type"])[1])
    assert all(
        alarms[name]["Period"] * alarms[name]["EvaluationPeriods"] <= minutes * 60
        for name in preference["Alarms"]
    )


def test_codedeploy_may_move_these_aliases_and_nothing_else() -> None:
    role = ON.resources("AWS::IAM::Role")["DeploymentRole"]
    (policy,) = role["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        assert not any("*" in str(one) for one in (statement["Action"], statement["Resource"]))
    preferences = [properties(ON, folder)["DeploymentPreference"] for folder in MONEY]
    assert {one["Role"] for one in preferences} == {"DeploymentRole.Arn"}
    watched = {f"{alarm}.Arn" for one in preferences for alarm in one["Alarms"]}
    assert watched == set(policy["PolicyDocument"]["Statement"][1]["Resource"])


@each_of_money
def test_whatever_a_version_is_made_of_makes_another_version(folder: str) -> None:
    """A version keeps the settings that it was published with."""
    described = str(raw(folder)["VersionDescription"]["Fn::Sub"])
    settings = {**PLAIN.document["Globals"]["Function"], **raw(folder)}
    settings.pop("VersionDescription")
    for aside in ("DeploymentPreference", "ReservedConcurrentExecutions", "Events", "Policies"):
        settings.pop(aside, None)
    settings["Environment"] = [
        PLAIN.document["Globals"]["Function"]["Environment"], raw(folder)["Environment"]
    ]  # fmt: skip
    used = set(re.findall(r"'Ref': '(\w+)'", str(settings))) & set(PLAIN.document["Parameters"])
    assert [name for name in used - UNREAD if f"${{{name}}}" not in described] == []
    for layer in ("ShopLayer", "VendorLayer"):
        assert f"'Ref': '{layer}'" in described


def test_the_longest_description_of_a_version_is_taken() -> None:
    text = str(raw("checkout")["VersionDescription"]["Fn::Sub"][0])
    longest = 0
    for name in re.findall(r"\$\{(\w+)\}", text):
        spec = PLAIN.document["Parameters"].get(name, {})
        values = [str(value) for value in spec.get("AllowedValues", ["123456"])]
        longest += int(spec.get("MaxLength", 0)) or max(map(len, values))
    assert longest + len(re.sub(r"\$\{\w+\}", "", text)) <= DESCRIPTION_LIMIT


def test_snapshots_are_refused_with_a_python_that_has_none() -> None:
    rule = PLAIN.document["Rules"]["SnapshotsNeedPython312"]
    (claim,) = rule["Assertions"]
    assert ON.resolve(rule["RuleCondition"])
    assert ON.resolve(claim["Assert"])
    assert PLAIN.resolve(claim["Assert"])
    assert not Template(TEXT, {"PythonRuntime": "python3.11"}).resolve(claim["Assert"])


def test_the_python_that_is_not_asked_about_can_run_the_shop_on_lambda() -> None:
    # Amazon Linux 2, under python3.11, has glibc 2.26 and no FTS5.
    assert PLAIN.document["Parameters"]["PythonRuntime"]["Default"] == "python3.12"


@pytest.mark.parametrize(("paused", "state"), [("false", "ENABLED"), ("true", "DISABLED")])
def test_paused_nothing_moves_by_itself(paused: str, state: str) -> None:
    template = Template(TEXT, {"Paused": paused})
    events = [event for one in template.functions.values() for event in one.events.values()]
    states = [one.properties.get("State") for one in events if one.kind == "ScheduleV2"]
    follows = [one.properties.get("Enabled") for one in events if one.kind == "DynamoDB"]
    assert set(states) == {state}
    assert set(follows) == {state == "ENABLED"}
    assert (len(states), len(follows)) == (7, 2)


def test_two_stacks_of_one_account_do_not_share_a_name() -> None:
    for one in PLAIN.functions.values():
        for event in one.events.values():
            # Without it SAM names the schedule after the function, in every stack the same.
            assert event.kind != "ScheduleV2" or event.properties["OmitName"] is True
    document = PLAIN.document["Resources"]
    named = [
        found
        for one in document.values()
        for key in ("Name", "FunctionName", "TableName", "BucketName", "QueueName", "RoleName")
        if (found := one.get("Properties", {}).get(key))
    ]
    assert [one for one in named if "${AWS::StackName}" not in str(one)] == []
