"""Business days are Shanghai's; instants are UTC seconds."""

from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept UTC+8 without summer time since 1991."""


_DAY_SECONDS = 86_400


def seconds_left(instant: int) -> int:
    """How long an instant's Shanghai day still lasts."""
    into_day = (instant + int(SHANGHAI.utcoffset(None).total_seconds())) % _DAY_SECONDS
    return _DAY_SECONDS - into_day


def date_of(day: str) -> date:
    """The date of a business day.

    Raises:
        ValueError: It is none.
    """
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=SHANGHAI).date()


def begins_at(day: str) -> int:
    """When a business day begins, UTC seconds.

    Raises:
        ValueError: It is none.
    """
    return int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=SHANGHAI).timestamp())


def business_day(instant: int) -> str:
    """The Shanghai day of an instant, `YYYYMMDD`."""
    return datetime.fromtimestamp(instant, UTC).astimezone(SHANGHAI).strftime("%Y%m%d")
