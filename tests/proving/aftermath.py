"""What comes after any story: late notices, the stream, and sweeps past every deadline."""

import json

from tests.proving.holdings import Totals
from tests.proving.invariants import broken
from tests.proving.shop import TABLE, Shop

PAST_DUE_SECONDS = 910
NEXT_PERIOD_SECONDS = 70
_PASSING = frozenset({"pp", "a"})
"""Attributes that differ between runs without meaning: WeChat's handle, the sealed address."""


def rest(shop: Shop) -> None:
    """Let everything that is owed arrive, and the schedule run twice past every deadline."""
    shop.deliver_due()
    shop.pump()
    for seconds in (PAST_DUE_SECONDS, NEXT_PERIOD_SECONDS):
        shop.world.clock.advance(seconds)
        shop.sweep()
        shop.follow_up()
        shop.deliver_due()
        shop.pump()


def rested(shop: Shop, initial: Totals) -> list[str]:
    """Brings the shop to rest; the promises that are broken then."""
    rest(shop)
    return [f"at rest, {line}" for line in broken(shop, initial, at_rest=True)]


def mark(shop: Shop) -> str:
    """What tells states of the shop apart that can lead to different ends."""
    items = sorted(
        json.dumps({name: value for name, value in item.items() if name not in _PASSING})
        for item in shop.world.engine.items(TABLE)
    )
    ledger = shop.pay.ledger()
    states = [
        [one["trade_state"] for one in ledger["orders"]],
        [(one["out_refund_no"], one["status"]) for one in ledger["refunds"]],
        [(one["subject"], one["state"]) for one in shop.pay.dump()["notices"]],
        [(one["state"], one["parcels"]) for one in shop.wechat.dump()["shipping"]],
        [one["template_id"] for one in shop.wechat.dump()["messages"]["sent"]],
    ]
    return json.dumps([items, states, shop.now])
