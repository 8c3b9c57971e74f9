"""The couriers that the shop ships with, as staff keep them."""

from shop.domain.couriers import BUILT_IN, Courier, by_code
from shop.recent import Recent
from shop.store import catalogue

KEPT_SECONDS = 60
_kept: Recent[str, dict[str, Courier]] = Recent(KEPT_SECONDS, most=1)


def listed() -> tuple[Courier, ...]:
    """The table as it is kept now; the built-in one until staff keep their own."""
    return catalogue.document(catalogue.COURIERS, tuple[Courier, ...]) or BUILT_IN


def is_known(code: str, now: int) -> bool:
    """Whether the shop ships with a courier; a change of the table is seen within a minute."""
    return code in _table(now)


def name_of(code: str, now: int) -> str:
    """What a shopper reads; the code itself for a courier the table does not know."""
    courier = _table(now).get(code)
    return courier.name if courier else code


def wechat_id(code: str, now: int) -> str:
    """WeChat's id of a courier, "" for one the table does not know."""
    courier = _table(now).get(code)
    return courier.wechat_id if courier else ""


def _table(now: int) -> dict[str, Courier]:
    return _kept.get_or_load("", now, lambda: by_code(listed()))
