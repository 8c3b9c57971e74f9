from pathlib import Path

import pytest

from tests.proving.template import ROOT, Template, assert_deployed
from tests.unit.proving import toy

TEXT = """
Parameters:
  Stage: {Type: String, Default: dev}
  Python: {Type: String, Default: python3.11}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
Globals:
  Function:
    Timeout: 10
    Runtime: !Ref Python
    Environment:
      Variables:
        TABLE_NAME: !Ref Table
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: !Sub "${AWS::StackName}-${Stage}"
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      KMSMasterKeyId: !If [IsProd, key, !Ref AWS::NoValue]
  Only:
    Type: AWS::SNS::Topic
    Condition: IsProd
  Buy:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/buy/
      Handler: app.lambda_handler
      Timeout: !If [IsDev, 20, 25]
      Environment:
        Variables: {SECRET: !GetAtt Secret.Arn, WHERE: !Join ["/", [a, !Ref Stage]]}
      Events:
        Post: {Type: HttpApi, Properties: {Path: "/v1/orders/{no}", Method: post}}
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
      Policies:
        - Statement: [{Effect: Allow, Action: [dynamodb:PutItem], Resource: !GetAtt Table.Arn}]
"""


def test_functions_with_their_globals_events_and_policies() -> None:
    function = Template(TEXT).functions["Buy"]
    assert (function.folder, function.timeout) == ("buy", 20)
    assert function.path == ROOT / "functions/buy/app.py"
    assert function.environment == {
        "TABLE_NAME": "Table",
        "SECRET": "Secret.Arn",
        "WHERE": "a/dev",
    }
    assert function.routes == ["POST /v1/orders/{no}"]
    assert function.events["Tick"].properties == {"ScheduleExpression": "rate(1 minute)"}
    assert function.policies[0]["Statement"][0]["Resource"] == "Table.Arn"


def test_tables_conditions_and_missing_values() -> None:
    template = Template(TEXT)
    assert list(template.tables()) == ["shop-dev"]
    assert "KMSMasterKeyId" not in template.tables("shop")["shop"]
    assert template.resources("AWS::SNS::Topic") == {}
    prod = Template(TEXT, {"Stage": "prod"})
    assert prod.tables("shop")["shop"]["KMSMasterKeyId"] == "key"
    assert list(prod.resources("AWS::SNS::Topic")) == ["Only"]


def test_a_handler_that_is_not_deployed_is_refused() -> None:
    with pytest.raises(AssertionError, match="no function of the template"):
        assert_deployed(toy.careful, Template(TEXT))


def test_a_handler_that_is_deployed_is_found() -> None:
    here = Path(toy.__file__).relative_to(ROOT)
    text = TEXT.replace("functions/buy/", str(here.parent)).replace(
        "app.lambda_handler", f"{here.stem}.careful"
    )
    assert assert_deployed(toy.careful, Template(text)).logical_id == "Buy"
