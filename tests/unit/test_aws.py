"""The SDK set up for us sends what it would have sent, to where it would have sent it."""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.session import Session, get_session

from shop import aws

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"TableName": "yunpu", "Key": {"PK": {"S": "a"}, "SK": {"S": "b"}}}),
    ("put_item", {"TableName": "yunpu", "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}),
    (
        "transact_write_items",
        {
            "ClientRequestToken": "t",
            "TransactItems": [
                {"Put": {"TableName": "yunpu", "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}}}
            ],
        },
    ),
]


def sent(session: Session, region: str, name: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    """The address and body of one call."""
    client = session.create_client(
        "dynamodb", region_name=region, aws_access_key_id="a", aws_secret_access_key="b"
    )
    seen: list[Any] = []

    def answer(request: Any, **_: object) -> Any:
        seen.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw())

    client.meta.events.register_first("before-send.dynamodb", answer)
    getattr(client, name)(**arguments)
    return seen[0].url, seen[0].body


class _Raw:
    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [b"{}"]


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "ap-southeast-1"])
@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=[name for name, _ in CALLS])
def test_a_call_goes_where_it_would_go(region: str, name: str, arguments: dict[str, Any]) -> None:
    ours = sent(aws.prepare(get_session()), region, name, arguments)
    assert ours == sent(get_session(), region, name, arguments)
    assert region in ours[0]
