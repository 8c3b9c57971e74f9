"""All seeded bugs: each a promise of this shop taken away, which ``make prove`` must notice."""

from tests.proving.bugs import (
    approvals,
    bodies,
    coupons,
    erasure,
    logs,
    money,
    notices,
    orders,
    outbox,
    providers,
    refunds,
    schedules,
    sessions,
    shipping,
    staff,
    stock,
)
from tests.proving.mutants import SeededBug

BUGS: tuple[SeededBug, ...] = (
    *stock.BUGS,
    *orders.BUGS,
    *money.BUGS,
    *notices.BUGS,
    *sessions.BUGS,
    *staff.BUGS,
    *erasure.BUGS,
    *coupons.BUGS,
    *refunds.BUGS,
    *shipping.BUGS,
    *logs.BUGS,
    *outbox.BUGS,
    *schedules.BUGS,
    *bodies.BUGS,
    *providers.BUGS,
    *approvals.BUGS,
)
"""Each is caught by the quick proof rows that it names."""
