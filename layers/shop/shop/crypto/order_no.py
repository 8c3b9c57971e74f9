"""Order numbers: derived, sortable by time, and not guessable (`design.md` section 1).

`order_no` is 6 base-62 digits of the issue time, one character naming the key, and 18 base-62
digits (107 bits) of an HMAC over what the order is made from. The same token always gives the
same number, whatever was lost on the way. It is what WeChat knows as `out_trade_no`.
"""

from shop.crypto.keyring import KeyRing
from shop.domain.ids import OrderNo, base62, from_base62

PURPOSE = "order-no"
TIME_DIGITS = 6
MAC_DIGITS = 18
LENGTH = TIME_DIGITS + 1 + MAC_DIGITS


def derive(ring: KeyRing, nonce: bytes, issued_at: int, version: str | None = None) -> OrderNo:
    """The number of the order that a token with this nonce and time of issue makes.

    Args:
        ring: The keys.
        nonce: What tells this token from every other.
        issued_at: UTC seconds; becomes the sortable front.
        version: The key that the token was issued under; the current one if not given.

    Raises:
        KeyError: That key is retired.
    """
    version = version or ring.current
    mac = ring.mac(PURPOSE, issued_at.to_bytes(8, "big") + nonce, version)
    digits = base62(int.from_bytes(mac, "big"), MAC_DIGITS)
    return OrderNo(base62(issued_at, TIME_DIGITS) + version + digits)


def issued_at(order_no: str) -> int:
    """The UTC seconds that an order number begins with.

    Raises:
        ValueError: It is not an order number.
    """
    if len(order_no) != LENGTH:
        raise ValueError("not an order number")
    return from_base62(order_no[:TIME_DIGITS])
