"""Electronic waybills: a signed order becomes a number and a label, the same order the same."""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import Any

from scripts.emulators.kuaidi100.errors import Kuaidi100Error
from scripts.emulators.kuaidi100.parcels import COMPANIES
from scripts.emulators.kuaidi100.query import parsed

MOMENT_SECONDS = 300
PRINT_TYPES = {"NON", "IMAGE", "HTML", "CLOUD", "ORDERFIRST"}
_PREFIXES = {"shunfeng": "SF", "zhongtong": "73", "yuantong": "YT", "jd": "JD"}


@dataclass
class Label:
    """One waybill.

    Attributes:
        order_id: The shop's number.
        com: The courier.
        number: The courier's number.
        receiver: Whom it is for, as printed.
    """

    order_id: str
    com: str
    number: str
    receiver: str


class Labels:
    """All waybills by the shop's number."""

    def __init__(self, key: str, secret: str, partners: dict[str, dict[str, str]]) -> None:
        self._key = key
        self._secret = secret
        self._partners = partners
        self._made: dict[str, Label] = {}

    def order(self, form: dict[str, str], now: float) -> dict[str, Any]:
        """The answer to ``/label/order``.

        Raises:
            Kuaidi100Error: The order is refused.
        """
        text, moment = form.get("param", ""), form.get("t", "")
        if form.get("method") != "order" or not text:
            raise Kuaidi100Error("400", "method")
        if form.get("key") != self._key:
            raise Kuaidi100Error("601")
        due = hashlib.md5(
            (text + moment + self._key + self._secret).encode(), usedforsecurity=False
        ).hexdigest()
        if not hmac.compare_digest(due.upper().encode(), form.get("sign", "").encode()):
            raise Kuaidi100Error("503")
        if not moment.isdecimal() or abs(now - int(moment) / 1_000) > MOMENT_SECONDS:
            raise Kuaidi100Error("503", "t")
        label = self._label(parsed(text, "400"))
        image = base64.b64encode(f"{label.number} {label.receiver}".encode()).decode()
        return {
            "success": True,
            "code": 200,
            "message": "success",
            "data": {"kuaidinum": label.number, "label": f"data:image/png;base64,{image}"},
        }

    def _label(self, param: dict[str, Any]) -> Label:
        com, order_id = str(param.get("kuaidicom", "")), str(param.get("orderId", ""))
        if com not in COMPANIES or param.get("printType") not in PRINT_TYPES or not order_id:
            raise Kuaidi100Error("400", "kuaidicom, printType, orderId")
        for man in ("recMan", "sendMan"):
            who = param.get(man)
            if not isinstance(who, dict) or not all(
                who.get(name) for name in ("name", "mobile", "printAddr")
            ):
                raise Kuaidi100Error("400", man)
        partner = self._partners.get(com)
        if partner is None or any(param.get(name) != value for name, value in partner.items()):
            raise Kuaidi100Error("30001", "电子面单账号不正确")
        receiver = "{name} {mobile} {printAddr}".format(**param["recMan"])
        number = f"{_PREFIXES.get(com, '88')}{10**9 + len(self._made) + 1}"
        return self._made.setdefault(order_id, Label(order_id, com, number, receiver))

    def listed(self) -> list[dict[str, Any]]:
        """All waybills as plain data."""
        return [asdict(label) for label in self._made.values()]

    def load(self, labels: list[dict[str, Any]]) -> None:
        """Restores what ``listed`` gave."""
        self._made = {plain["order_id"]: Label(**plain) for plain in labels}
