"""An example of every shape, made from its schema: the same one each time, and always valid.

What a field holds is told by its name, since names mean the same everywhere in the interface.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

_TIME = "2026-11-22T04:00:00Z"
_ORDER_NO = "26112212000012k7m9qf4xw8zt3n5"
_SAMPLES: Mapping[str, object] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3dDJrIn0.c2lnbmF0dXJl",  # nosec B105 # an example
    "actions": ["pay", "cancel"],
    "actor": "owner",
    "area": "广东省 深圳市",
    "cause": "expired",
    "city": "深圳市",
    "code": "0a1b2c3d4e",
    "company": "shunfeng",
    "company_name": "顺丰速运",
    "day": "20261122",
    "delta": -3,
    "description": "<p>明前头采，手工炒制。</p>",
    "detail": "科技园 1 号楼 8 层",
    "district": "南山区",
    "expires_in": 600,
    "id": "p0001",
    "is_new": True,
    "kind": "amount",
    "line_id": "1",
    "name": "林晓",
    "new_password": "correct horse battery staple",  # nosec B105 # an example
    "next_cursor": None,
    "nickname": "云铺小主",
    "nonceStr": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
    "order_no": _ORDER_NO,
    "package": "prepay_id=wx2612004417180011",
    "password": "correct horse battery staple",  # nosec B105 # an example
    "paySign": "oR9d8PuhnIc+YZ8cBHFCwfgpaK9gd7vaRvkYD7rthRAZ",
    "phone": "13800138000",
    "phone_masked": "138****8000",
    "policy": "privacy",
    "province": "广东省",
    "provinces": ["新疆维吾尔自治区", "西藏自治区"],
    "quantity": 2,
    "quote_token": "v1.q8n2Jc0y",  # nosec B105 # an example
    "reason": "尺码不合适",
    "refresh_expires_in": 2592000,
    "refresh_token": "r1.4f9Zk2",  # nosec B105 # an example
    "refund_no": f"{_ORDER_NO}R1",
    "remark": "放门口就好",
    "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    "signType": "RSA",
    "sku_id": "p0001-1",
    "spec_values": ["250 克"],
    "subtitle": "狮峰山核心产区",
    "tags": ["新品"],
    "text": "龙井",
    "ticket": "v1.t7Wd3x",
    "timeStamp": "1795338000",
    "title": "西湖龙井 明前特级",
    "tracking_no": "SF1234567890123",
    "transaction_id": "4200002601202611221234567890",
    "username": "owner",
    "values": ["250 克", "500 克"],
    "version": "2026-11",
}
_BY_ENDING: Sequence[tuple[str, object]] = (
    ("_fen", 1990),
    ("_url", "https://img.example.com/p0001/1.jpg"),
    ("_at", _TIME),
    ("_time", _TIME),
    ("_before", _TIME),
    ("_from", _TIME),
    ("_until", _TIME),
    ("images", ["https://img.example.com/p0001/1.jpg"]),
    ("_id", "k7m9qf4xw8"),
)
_PLAIN: Mapping[str, object] = {"string": "示例", "integer": 1, "number": 1, "boolean": True}
_TEXTS = ("k7m9qf4xw8", "123456", "20261122", "")
_DEPTH = 6


def sample(schema: Schema, components: Mapping[str, Schema]) -> object:
    """An example of a schema.

    Args:
        schema: JSON Schema as msgspec writes it.
        components: What its references name.
    """
    return _sample(schema, components, "", 0)


def _sample(schema: Schema, components: Mapping[str, Schema], name: str, depth: int) -> object:
    if "$ref" in schema:
        target = components[str(schema["$ref"]).rpartition("/")[2]]
        return _sample(target, components, name, depth)
    if "anyOf" in schema:
        return _of_choices(schema["anyOf"], components, name, depth)
    known = schema["enum"][0] if "enum" in schema else _known(name)
    if "enum" in schema or _fits(known, schema):
        return known
    return _of_kind(schema, components, name, depth)


def _of_kind(schema: Schema, components: Mapping[str, Schema], name: str, depth: int) -> object:
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, components, depth)
    if kind == "array":
        return _array(schema, components, name, depth)
    if kind == "string":
        return _text(schema)
    if kind == "integer":
        return max(int(schema.get("minimum", 1)), min(1, int(schema.get("maximum", 1))))
    return _PLAIN.get(str(kind))


def _of_choices(
    choices: Sequence[Schema], components: Mapping[str, Schema], name: str, depth: int
) -> object:
    known = _known(name)
    if known is None:
        return None
    given = [one for one in choices if one.get("type") != "null"]
    return _sample(given[0], components, name, depth) if given else None


def _object(schema: Schema, components: Mapping[str, Schema], depth: int) -> object:
    if depth > _DEPTH:
        return {}
    return {
        name: _sample(part, components, name, depth + 1)
        for name, part in schema.get("properties", {}).items()
    }


def _array(schema: Schema, components: Mapping[str, Schema], name: str, depth: int) -> object:
    items = schema.get("items")
    if depth > _DEPTH or not isinstance(items, Mapping):
        return []
    single = name[:-1] if name.endswith("s") else "text"
    return [_sample(items, components, single, depth + 1)]


def _text(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return _TIME
    pattern = str(schema.get("pattern", ""))
    if pattern:
        return next(one for one in _TEXTS if re.search(pattern, one))
    return str(_PLAIN["string"])


_NOTHING = object()


def _known(name: str) -> object:
    if name in _SAMPLES:
        return _SAMPLES[name]
    return next((value for ending, value in _BY_ENDING if name.endswith(ending)), _NOTHING)


def _fits(value: object, schema: Schema) -> bool:
    kind = schema.get("type")
    if kind == "string":
        return isinstance(value, str) and bool(re.search(str(schema.get("pattern", "")), value))
    if kind == "integer":
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return isinstance(value, int) and low <= value <= high
    if kind == "array":
        items = schema.get("items")
        return (
            isinstance(value, list)
            and isinstance(items, Mapping)
            and all(_fits(one, items) for one in value)
        )
    return kind == "boolean" and isinstance(value, bool)
