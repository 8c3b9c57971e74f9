"""House rules over the parsed template that no linter knows."""

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from shop.store.table import Entity, page_key
from shop.usecases.publish import SEARCH
from shop.web.api import Api, Auth
from tests.proving.shop import load_handler_module
from tests.proving.template import (
    ROOT,
    Function,
    Template,
    assert_deployed,
    load_handler,
    load_template,
)
from tests.proving.throttle import reserving

TEMPLATE = load_template()
RESERVING = reserving()
SECRET_SECONDS = 9
"""Three attempts of the secret store's client, a second to connect and two to read."""
UNRESERVED = 100
"""What Lambda keeps for the functions of an account that reserve nothing."""
FUNCTIONS = sorted(TEMPLATE.functions.values(), key=lambda one: one.folder)
GATEWAY_SECONDS = 29
"""The HTTP API gives up after 30 s, whatever the function still does."""
HTTP = [one for one in FUNCTIONS if one.routes]
ASYNCHRONOUS = [one for one in FUNCTIONS if not one.routes]

each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.folder)
each_http = pytest.mark.parametrize("function", HTTP, ids=lambda one: one.folder)
each_asynchronous = pytest.mark.parametrize("function", ASYNCHRONOUS, ids=lambda one: one.folder)


def test_every_folder_of_code_is_deployed_once() -> None:
    folders = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    assert [one.folder for one in FUNCTIONS] == folders


@each_function
def test_the_handler_is_the_one_that_proofs_call(function: Function) -> None:
    assert assert_deployed(load_handler(function.folder), TEMPLATE).folder == function.folder


NAMED_BY_ORDER = ".Arn/labels/*"
"""Objects of one bucket under one prefix: their names are known only when they are made."""


@each_http
def test_template_and_code_declare_the_same_routes(function: Function) -> None:
    assert sorted(function.routes) == sorted(_api(function).routes)


def test_no_route_is_served_twice() -> None:
    routes = [route for function in HTTP for route in function.routes]
    assert len(routes) == len(set(routes))


@each_function
def test_nothing_is_allowed_by_a_star(function: Function) -> None:
    for statement in _statements(function):
        for action in _listed(statement["Action"]):
            assert "*" not in action
        for resource in _listed(statement["Resource"]):
            assert "*" not in str(resource).removesuffix(NAMED_BY_ORDER)


@each_function
def test_a_function_is_given_the_secrets_that_it_uses_and_may_read_them(
    function: Function,
) -> None:
    named = {key: value for key, value in function.environment.items() if key.startswith("SECRET")}
    assert set(named) == _used_secrets(function)
    readable = {
        str(resource)
        for statement in _statements(function)
        if "secretsmanager:GetSecretValue" in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }
    assert {str(value) for value in named.values()} == readable


@each_function
def test_secrets_are_names_and_never_values(function: Function) -> None:
    secrets = set(TEMPLATE.resources("AWS::SecretsManager::Secret"))
    for key, value in function.environment.items():
        if key.startswith("SECRET"):
            assert value in secrets
        else:
            assert not any(word in key for word in ("KEY", "PASSWORD", "TOKEN"))


def test_no_secret_has_a_value_in_the_template() -> None:
    for secret in TEMPLATE.resources("AWS::SecretsManager::Secret").values():
        assert not {"SecretString", "GenerateSecretString"} & set(secret)


@each_http
def test_a_function_answers_before_the_gateway_gives_up(function: Function) -> None:
    assert function.timeout < GATEWAY_SECONDS


@each_asynchronous
def test_what_an_asynchronous_function_fails_at_is_kept(function: Function) -> None:
    for event in function.events.values():
        properties = event.properties
        if event.kind == "SQS":
            # The dead letters themselves: a message that cannot be listed stays in the queue.
            assert properties["Queue"] == "DeadLetters.Arn"
            continue
        kept = properties.get("DeadLetterConfig", {}).get("Arn") or properties.get(
            "DestinationConfig", {}
        ).get("OnFailure", {}).get("Destination")
        assert kept == "DeadLetters.Arn"
        if event.kind == "DynamoDB":
            # The stream forgets after 24 hours; before that a record is a letter or in the queue.
            assert 900 < properties["MaximumRecordAgeInSeconds"] <= 12 * 3_600


@each_asynchronous
def test_a_run_that_nobody_waits_for_is_kept_when_it_fails(function: Function) -> None:
    """A schedule's own queue takes what Lambda did not, and no failure of the run itself."""
    if not any(event.kind == "ScheduleV2" for event in function.events.values()):
        return
    kept = function.properties["EventInvokeConfig"]
    assert kept["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": "DeadLetters.Arn",
    }
    assert kept["MaximumRetryAttempts"] <= 1


@each_asynchronous
def test_a_run_that_failed_is_an_alarm(function: Function) -> None:
    watched = [
        one
        for one in TEMPLATE.resources("AWS::CloudWatch::Alarm").values()
        if (one.get("Namespace"), one.get("MetricName")) == ("AWS/Lambda", "Errors")
        and one["Dimensions"] == [{"Name": "FunctionName", "Value": function.logical_id}]
    ]
    assert len(watched) == 1


def test_expiry_runs_every_minute() -> None:
    (event,) = _function("order_expiry").events.values()
    assert (event.kind, event.properties["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")


def test_neither_a_sale_nor_the_shop_can_starve_the_other() -> None:
    kept = _reserved(RESERVING)
    assert set(kept) == {"pay_notify", "flash_sale", "publisher", "search_index"}
    assert kept["publisher"] == kept["search_index"] == 1
    assert min(kept.values()) > 0


def test_an_account_of_any_size_takes_the_first_deploy() -> None:
    assert _reserved(TEMPLATE) == {}
    needed = UNRESERVED + sum(_reserved(RESERVING).values())
    described = TEMPLATE.document["Parameters"]["ReserveConcurrency"]["Description"]
    page = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"must be {needed} or more" in described
    assert f"must be {needed} or more" in page


def _reserved(template: Template) -> dict[str, int]:
    return {
        one.folder: int(one.properties["ReservedConcurrentExecutions"])
        for one in template.functions.values()
        if "ReservedConcurrentExecutions" in one.properties
    }


@each_function
def test_a_function_outlives_the_clients_that_it_waits_for(function: Function) -> None:
    """A cold start reads its secret and the table once; WeChat's patience is ADR 18's matter."""
    attempts = Entity.Meta.max_retry_attempts + 1
    store = attempts * (Entity.Meta.connect_timeout_seconds + Entity.Meta.read_timeout_seconds)
    if function.folder in {"pay_notify", "wechat_notify"}:
        assert function.timeout == 5
    else:
        assert function.timeout > SECRET_SECONDS + store


def test_a_notice_is_answered_or_given_up_while_wechat_waits() -> None:
    assert _function("pay_notify").timeout <= 5


def test_the_table_can_be_restored_and_outlives_its_stack() -> None:
    ((label, table),) = TEMPLATE.resources("AWS::DynamoDB::Table").items()
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    resource = TEMPLATE.document["Resources"][label]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_the_outbox_hears_exactly_what_the_proofs_deliver_to_it() -> None:
    (event,) = _function("outbox").events.values()
    assert event.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    patterns = [one["Pattern"] for one in event.properties["FilterCriteria"]["Filters"]]
    assert patterns == [
        '{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"C#"}]},'
        '"SK":{"S":[{"prefix":"O#"},{"prefix":"R#"},{"prefix":"P#"}]}}}}',
        '{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"T#"}]},'
        '"SK":{"S":["P"]}}}}',
        '{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"PK":{"S":[{"prefix":"P#"}]},'
        '"SK":{"S":["D"]}}}}',
        '{"eventName":["INSERT","MODIFY"],"dynamodb":{"Keys":{"PK":{"S":["G#categories"]}}}}',
    ]


def test_a_redrive_can_do_whatever_the_outbox_can() -> None:
    functions = {one.folder: one for one in FUNCTIONS}
    outbox, redrive = functions["outbox"], functions["operations"]
    # Publishing is made up for by its schedule.
    needed = set(outbox.environment) - {"PUBLISHER_FUNCTION"}
    assert needed <= set(redrive.environment)
    actions = [
        {action for one in _statements(function) for action in _listed(one["Action"])}
        for function in (outbox, redrive)
    ]
    assert actions[0] - {"sqs:SendMessage", "lambda:InvokeFunction"} <= actions[1]


def test_the_search_index_is_built_when_something_is_published_and_now_and_then() -> None:
    built = _function("search_index")
    stream, schedule = (built.events[name].properties for name in ("Published", "Net"))
    (one,) = stream["FilterCriteria"]["Filters"]
    key, _ = page_key(SEARCH, 0)
    assert json.loads(one["Pattern"]) == {"dynamodb": {"Keys": {"PK": {"S": [key]}}}}
    assert stream["MaximumBatchingWindowInSeconds"] <= 5
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"


def test_the_search_bucket_is_closed_sealed_and_keeps_few_versions() -> None:
    bucket = TEMPLATE.resources("AWS::S3::Bucket")["SearchBucket"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert any("NoncurrentVersionExpiration" in one for one in rules)
    assert not any("ExpirationInDays" in one for one in rules)


def test_a_first_deploy_needs_no_answer_but_enter() -> None:
    declared = TEMPLATE.document["Parameters"]
    assert [name for name, spec in declared.items() if "Default" not in spec] == []
    # Without it `sam deploy --guided` asks about each route, and its default is to give up.
    (api,) = TEMPLATE.resources("AWS::Serverless::HttpApi").values()
    assert api["Auth"] == {"EnableIamAuthorizer": False}


def test_logs_end_and_the_access_log_names_no_path() -> None:
    for group in TEMPLATE.resources("AWS::Logs::LogGroup").values():
        assert 0 < group["RetentionInDays"] <= 90
    for api in TEMPLATE.resources("AWS::Serverless::HttpApi").values():
        assert "path" not in api["AccessLogSettings"]["Format"].lower()
        assert "CorsConfiguration" not in api
        assert api["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def _function(folder: str) -> Function:
    return next(one for one in FUNCTIONS if one.folder == folder)


def _api(function: Function) -> Api:
    api = load_handler_module(function.folder).api
    assert isinstance(api, Api)
    return api


def _statements(function: Function) -> Iterator[Mapping[str, Any]]:
    for policy in _listed(function.policies):
        statements = _listed(policy["Statement"])
        assert all(statement["Effect"] == "Allow" for statement in statements)
        yield from statements


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _used_secrets(function: Function) -> set[str]:
    """The secrets behind what a handler takes from the wiring."""
    tree = ast.parse(function.path.read_text(encoding="utf-8"))
    taken = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "wiring"
    }
    if function.routes and not _sees_tokens(function):
        taken.discard("authenticator")
    behind = _secrets_behind()
    return {secret for name in taken for secret in behind[name]}


def _sees_tokens(function: Function) -> bool:
    without = {Auth.PUBLIC, Auth.PROVIDER}
    return any(route.auth not in without for route in _api(function).routes.values())


@cache
def _secrets_behind() -> dict[str, set[str]]:
    """For each function of the wiring, the secrets that it or what it names reads."""
    tree = ast.parse((ROOT / "layers/shop/shop/wiring.py").read_text(encoding="utf-8"))
    bodies = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = {
        label: {node.id for node in ast.walk(body) if isinstance(node, ast.Name)} & set(bodies)
        for label, body in bodies.items()
    }
    secrets = {
        label: {
            str(node.value)
            for node in ast.walk(body)
            if isinstance(node, ast.Constant) and str(node.value).startswith("SECRET_")
        }
        for label, body in bodies.items()
    }
    for _ in bodies:
        for label, mentioned in names.items():
            secrets[label] = secrets[label].union(*(secrets[one] for one in mentioned))
    return secrets
