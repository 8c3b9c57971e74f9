"""A staff request as the keyed, audited write that it is."""

from typing import Any

import msgspec

from shop.store.staff import StaffWrite
from shop.web.api import Empty, Request


def staff_write(request: Request[Any, Empty], subject: str, reason: str = "") -> StaffWrite:
    """Who, what, why and under which key.

    Args:
        request: A call of a staff route that requires an `Idempotency-Key`.
        subject: What is changed, such as a SKU or an order number.
        reason: Why, tidied.

    Raises:
        InvalidError: There is no key.
    """
    return StaffWrite(
        actor=request.staff.username,
        route=request.route,
        subject=subject,
        key=request.idempotency_key,
        content=msgspec.to_builtins(request.body),
        reason=reason,
        at=request.now,
    )
