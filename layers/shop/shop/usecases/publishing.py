"""When the lists that shoppers read are rebuilt without anybody asking.

After a change by staff (told by the outbox, within seconds; found by the schedule, within a minute,
where that start was refused or its run failed), when a product goes on or off sale by its own times
(found by the schedule), and now and then because stock and sales move (`REFRESH_SECONDS`). Prices
and sale states are decided again at checkout in any case.
"""

from shop.store import catalogue, publications
from shop.usecases.publish import PUBLICATION, Publication, Published, publish

REFRESH_SECONDS = 3_600
LAG_SECONDS = 2
"""How much later than a change a publishing must have begun to have surely read it."""


def publish_if_due(changed_at: int, now: int) -> Published | None:
    """Publish, unless that has been done since; safe to repeat at any time.

    Args:
        changed_at: When something changed, UTC seconds; 0 when the schedule asks.
        now: UTC seconds.

    Returns:
        What was published; None when nothing was due.
    """
    last = catalogue.document(PUBLICATION, Publication) or Publication(0, 0)
    if changed_at:
        is_due = last.started_at < changed_at + LAG_SECONDS
    else:
        is_due = 0 < last.next_switch <= now or last.started_at <= now - REFRESH_SECONDS
        is_due = is_due or last.started_at < publications.wanted_at()
    return publish(now) if is_due else None
