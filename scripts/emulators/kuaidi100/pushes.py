"""Pushes: always the full list, signed with the subscription's salt."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from scripts.emulators.faults import Fault
from scripts.emulators.kuaidi100.parcels import Parcel
from scripts.emulators.kuaidi100.subscriptions import Subscription
from scripts.emulators.outbox import Message, Outgoing
from scripts.emulators.wire import json_bytes

REPUSH_GAPS_SECONDS = (1800, 1800, 1800)
STATUSES = {"polling", "shutdown", "abort", "updateall"}
ENDING = {"shutdown", "abort"}
KINDS = "drop|duplicate|forged_signature|altered_body|missing_signature|garbage_param"


def accepted(status: int, body: bytes) -> bool:
    """Only HTTP 200 with ``result`` true and ``returnCode`` "200" in a JSON body accepts."""
    try:
        answer = json.loads(body)
    except (ValueError, UnicodeDecodeError, RecursionError):
        return False
    return (
        status == 200  # noqa: PLR2004
        and isinstance(answer, dict)
        and answer.get("result") is True
        and answer.get("returnCode") == "200"
    )


def param(
    parcel: Parcel, *, status: str, message: str, com_old: str, upto: int | None
) -> dict[str, Any]:
    """What a push carries; a corrected courier shows in ``autoCheck``, ``comOld``, ``comNew``."""
    corrected = com_old != parcel.com
    return {
        "status": status,
        "billstatus": "check" if status == "shutdown" else "got",
        "message": message,
        "autoCheck": "1" if corrected else "0",
        "comOld": com_old if corrected else "",
        "comNew": parcel.com if corrected else "",
        "lastResult": parcel.result(upto=upto),
    }


def push_message(number: str, subscription: Subscription, content: dict[str, Any]) -> Message:
    """A push that is not yet due."""
    payload = {"param": content, "salt": subscription.salt}
    return Message(
        number, str(content["status"]), subscription.num, subscription.callbackurl, payload, None
    )


def compose(message: Message, fault: Fault | None) -> list[Outgoing]:
    """The requests of one attempt."""
    kind = fault.kind if fault else ""
    if kind == "drop":
        return []
    text = json_bytes(message.payload["param"]).decode()
    if kind == "garbage_param":
        text = text[: len(text) // 2]
    sign = _sign(text, str(message.payload["salt"]) + ("x" if kind == "forged_signature" else ""))
    if kind == "altered_body":
        text = text.replace('"status":"', '"status":"x', 1)
    fields = {"param": text} if kind == "missing_signature" else {"sign": sign, "param": text}
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    genuine = kind in {"", "duplicate"}
    request = Outgoing(message.url, headers, urlencode(fields).encode(), genuine)
    return [request, request] if kind == "duplicate" else [request]


def _sign(text: str, salt: str) -> str:
    return hashlib.md5((text + salt).encode(), usedforsecurity=False).hexdigest().upper()
