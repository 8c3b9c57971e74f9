"""Times as WeChat Pay prints and reads them."""

from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def rfc3339(seconds: float) -> str:
    """UTC seconds as RFC 3339 in Beijing time, whole seconds."""
    return datetime.fromtimestamp(int(seconds), BEIJING).isoformat()


def parse_rfc3339(text: str) -> float:
    """UTC seconds of an RFC 3339 time.

    Raises:
        ValueError: The text is no such time or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    return moment.astimezone(UTC).timestamp()


def beijing_date(seconds: float) -> str:
    """The Beijing calendar day of UTC seconds, ``YYYY-MM-DD``."""
    return datetime.fromtimestamp(seconds, BEIJING).date().isoformat()


def beijing_text(seconds: float) -> str:
    """UTC seconds as bills print them, ``YYYY-MM-DD hh:mm:ss`` Beijing time."""
    return datetime.fromtimestamp(int(seconds), BEIJING).strftime("%Y-%m-%d %H:%M:%S")
