"""What of all that happens is kept: records of long deeds would hide what they are about."""

from tests.recorded.journal import Entry

BAD = 400
NOT_COUNTED = ("Ran", "AgeSeconds")
"""How metrics end that every run of a schedule tells."""


def heard(entry: Entry) -> bool:
    """Whether it is what somebody outside hears: an answer, a line of the log, a metric."""
    return not entry.keys().isdisjoint({"tried", "answered", "said", "counted"})


def of_visits(entry: Entry) -> bool:
    """Whether it is a request, or what lasts of it."""
    return "called" in entry or lasting(entry) or "counted" in entry


def lasting(entry: Entry) -> bool:
    """Whether it is an answer, a change of a row, or out of the ordinary."""
    if "answered" in entry:
        return "status" in (entry["answered"] or {})
    return odd(entry) or not entry.keys().isdisjoint({"new", "changed", "gone"})


def odd(entry: Entry) -> bool:
    """Whether it is out of the ordinary: a refusal, a warning, something counted beyond runs."""
    if "said" in entry:
        return bool(entry["level"] != "INFO")
    if "answered" in entry:
        answer = entry["answered"]
        return isinstance(answer, dict) and answer.get("status", 0) >= BAD
    if "counted" in entry:
        return not entry["counted"].endswith(NOT_COUNTED) and entry.get("Count") != [0.0]
    return "tried" in entry
