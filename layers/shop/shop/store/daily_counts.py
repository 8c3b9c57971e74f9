"""What a customer may ask for only so often a day: each request counts once, however often sent."""

from pynamodb.attributes import NumberAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition, size

from shop.store.table import Entity, daily_count_key
from shop.store.writes import ConditionFailed, absent, apply, update

KEPT_SECONDS = 2 * 86_400


class DailyCountRow(Entity):
    """The requests of one day."""

    requests = UnicodeSetAttribute(attr_name="r")
    expires_at = NumberAttribute(attr_name="ttl")


def count(customer_id: str, what: str, day: str, request_id: str, *, most: int, now: int) -> bool:
    """Count a request against a day's limit; False when the limit was reached before it."""
    below: Condition = size(DailyCountRow.requests) < most
    counted = update(
        DailyCountRow(*daily_count_key(customer_id, what, day)),
        [
            DailyCountRow.requests.add({request_id}),
            DailyCountRow.expires_at.set(now + KEPT_SECONDS),
        ],
        absent() | below,
    )
    try:
        apply(counted)
    except ConditionFailed as refused:
        # The SDK may have sent it twice: is it mine?
        return request_id in DailyCountRow.from_raw_data(dict(refused.old)).requests
    return True
