"""What a customer has agreed to, or no longer does."""

from dataclasses import dataclass

POLICIES = frozenset({"privacy", "terms", "marketing"})
"""What can be agreed to. Withdrawing is as easy as agreeing: the same request."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer to one version of a policy; `at` in UTC seconds."""

    policy: str
    version: str
    granted: bool
    at: int
