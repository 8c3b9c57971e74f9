"""A table and a function just large enough to try the machinery on."""

from typing import Any

import botocore.session
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.models import Model

TABLES: dict[str, dict[str, Any]] = {
    "toy": {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "due", "tag")
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "tag",
                "KeySchema": [{"AttributeName": "tag", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
}


def client() -> Any:
    """A plain botocore client, made the way the SDK makes one."""
    session = botocore.session.get_session()
    return session.create_client("dynamodb", region_name="us-east-1")


class Stock(Model):
    """Units on hand of one SKU."""

    class Meta:
        table_name = "toy"
        region = "us-east-1"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="stock")
    units = NumberAttribute(default=0)


def stock(units: int) -> dict[str, Any]:
    """The stored form of ``units`` on hand."""
    return {"pk": {"S": "sku"}, "sk": {"S": "stock"}, "units": {"N": str(units)}}


def careless(_event: dict[str, Any], _context: object) -> int:
    """Takes a unit by reading and then writing: sells one unit to two."""
    found = Stock.get("sku", "stock", consistent_read=True)
    if found.units < 1:
        return 409
    found.units -= 1
    found.save()
    return 201


def careful(_event: dict[str, Any], _context: object) -> int:
    """Takes a unit by a conditional write."""
    try:
        Stock(pk="sku", sk="stock").update(
            actions=[Stock.units.set(Stock.units - 1)], condition=Stock.units >= 1
        )
    except UpdateError:
        return 409
    return 201
