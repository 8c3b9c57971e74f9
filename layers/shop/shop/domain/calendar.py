"""Business days are Shanghai's; instants are UTC seconds."""

from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept UTC+8 without summer time since 1991."""


def business_day(instant: int) -> str:
    """The Shanghai day of an instant, `YYYYMMDD`."""
    return datetime.fromtimestamp(instant, UTC).astimezone(SHANGHAI).strftime("%Y%m%d")
