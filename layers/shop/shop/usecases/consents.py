"""What a customer agrees to, recorded with its time and never overwritten."""

from shop.domain.consent import POLICIES, Consent
from shop.errors import NotFoundError, UnavailableError
from shop.store import consents
from shop.store.writes import ConditionFailed, apply

_ATTEMPTS = 4


def current(customer_id: str) -> list[Consent]:
    """The last answer to each policy that was ever answered, by policy."""
    last = {row.consent().policy: row.consent() for row in consents.of_customer(customer_id)}
    return [last[policy] for policy in sorted(last)]


def record(customer_id: str, wanted: Consent) -> Consent:
    """Record an answer; the same answer again is the one that is there.

    Raises:
        NotFoundError: There is no such policy.
        UnavailableError: Others kept answering.
    """
    if wanted.policy not in POLICIES:
        raise NotFoundError
    for _ in range(_ATTEMPTS):
        last = consents.latest(customer_id, wanted.policy)
        known = last.consent() if last else None
        if known and (known.version, known.granted) == (wanted.version, wanted.granted):
            return known
        try:
            apply(consents.add(customer_id, wanted, last.number + 1 if last else 1))
        except ConditionFailed:
            # Another answer, or an earlier send of this one: look again.
            continue
        return wanted
    raise UnavailableError
