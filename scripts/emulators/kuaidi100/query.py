"""Live queries: signed, phone-checked, and locked for 30 minutes per number."""

import hashlib
import hmac
import json
from typing import Any

from scripts.emulators.kuaidi100.errors import Kuaidi100Error
from scripts.emulators.kuaidi100.parcels import COMPANIES, Parcels

LOCK_SECONDS = 1800
SHORTEST_NUM, LONGEST_NUM = 6, 32
_DIGESTS = {"MD5": "md5", "SHA256": "sha256"}
RESULT_KINDS = {"", "0", "1", "4", "8"}


def query(
    form: dict[str, str], *, customer: str, key: str, parcels: Parcels, now: float
) -> dict[str, Any]:
    """The answer to ``/poll/query.do``.

    Args:
        form: ``customer, sign, param`` and ``signType``.
        customer: The account.
        key: Its key.
        parcels: What the couriers have reported.
        now: Plan clock, UTC seconds.

    Raises:
        Kuaidi100Error: The query is refused.
    """
    text = form.get("param", "")
    if not text or form.get("customer") != customer:
        raise Kuaidi100Error("400")
    _check_sign(form, text + key + customer)
    param = parsed(text, "400")
    com, num = str(param.get("com", "")), str(param.get("num", ""))
    _check_param(param, com, num)
    parcel = parcels.get(num)
    if parcel is None or parcel.com != com:
        raise Kuaidi100Error("500")
    if not parcel.phone_fits(str(param.get("phone", ""))):
        raise Kuaidi100Error("408")
    if parcel.asked_at is not None and now - parcel.asked_at < LOCK_SECONDS:
        parcel.too_early += 1
        raise Kuaidi100Error("601", "同一单号30分钟内重复查询，KEY已被锁定")
    parcel.asked_at = now
    if not parcel.events:
        raise Kuaidi100Error("500")
    return parcel.result(newest_first=param.get("order", "desc") != "asc")


def parsed(text: str, code: str) -> dict[str, Any]:
    """A form field that holds a JSON object; refused with ``code`` when it does not."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Kuaidi100Error(code) from error
    if not isinstance(value, dict):
        raise Kuaidi100Error(code)
    return value


def _check_sign(form: dict[str, str], signed: str) -> None:
    digest = _DIGESTS.get(form.get("signType", "MD5"))
    if digest is None:
        raise Kuaidi100Error("503")
    due = hashlib.new(digest, signed.encode(), usedforsecurity=False).hexdigest().upper()
    if not hmac.compare_digest(due.encode(), form.get("sign", "").encode()):
        raise Kuaidi100Error("503")


def _check_param(param: dict[str, Any], com: str, num: str) -> None:
    if com != com.lower() or com not in COMPANIES:
        raise Kuaidi100Error("400")
    if not SHORTEST_NUM <= len(num) <= LONGEST_NUM:
        raise Kuaidi100Error("400")
    kind = str(param.get("resultv2", ""))
    if kind not in RESULT_KINDS or (kind == "8" and not (param.get("from") and param.get("to"))):
        raise Kuaidi100Error("400")
