"""Consents: one row per answer, never changed, so that any time of the past can be shown."""

from collections.abc import Iterator

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from shop.domain.consent import Consent
from shop.store import reads
from shop.store.table import (
    CONSENT_PREFIX,
    Entity,
    Key,
    consent_key,
    consent_prefix,
    customer_partition,
)
from shop.store.writes import Write, absent, present, put, update


class ConsentRow(Entity):
    """One answer. `expires_at` is set when its customer is erased."""

    version = UnicodeAttribute(attr_name="v")
    granted = BooleanAttribute(attr_name="g")
    at = NumberAttribute(attr_name="at")
    expires_at = NumberAttribute(attr_name="ttl", null=True)

    @property
    def number(self) -> int:
        """Which answer to its policy, from 1."""
        return int(str(self.SK).rpartition("#")[2])

    def consent(self) -> Consent:
        """The answer."""
        policy = str(self.SK).removeprefix(CONSENT_PREFIX).rpartition("#")[0]
        return Consent(policy, str(self.version), bool(self.granted), int(self.at))


def add(customer_id: str, consent: Consent, number: int) -> Write:
    """Record an answer, if it is the next one to its policy."""
    row = ConsentRow(
        *consent_key(customer_id, consent.policy, number),
        version=consent.version,
        granted=consent.granted,
        at=consent.at,
    )
    return put(row, absent())


def latest(customer_id: str, policy: str) -> ConsentRow | None:
    """The last answer to a policy, as of now."""
    rows = reads.query(
        ConsentRow,
        customer_partition(customer_id),
        _begins(consent_prefix(policy)),
        consistent=True,
        newest_first=True,
        limit=1,
    )
    return next(rows, None)


def of_customer(customer_id: str) -> Iterator[ConsentRow]:
    """All answers, policy by policy, oldest first."""
    yield from reads.query(
        ConsentRow, customer_partition(customer_id), _begins(consent_prefix()), consistent=True
    )


def forget_later(key: Key, at: int) -> Write:
    """Let an answer expire: it is evidence of consent for some years, and then nothing."""
    return update(ConsentRow(*key), [ConsentRow.expires_at.set(at)], present())


def _begins(prefix: str) -> Condition:
    condition: Condition = ConsentRow.SK.startswith(prefix)
    return condition
