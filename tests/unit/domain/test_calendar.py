"""Business days are Shanghai's, whatever the clock of the machine."""

from datetime import date

import pytest

from shop.domain.calendar import begins_at, business_day, date_of, seconds_left

MIDNIGHT = 1_790_006_400
"""2026-09-22 00:00 in Shanghai."""


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert begins_at("20260922") == MIDNIGHT
    assert (business_day(MIDNIGHT), business_day(MIDNIGHT - 1)) == ("20260922", "20260921")
    assert business_day(MIDNIGHT + 86_399) == "20260922"
    assert date_of("20260922") == date(2026, 9, 22)


def test_a_day_has_so_many_seconds_left() -> None:
    assert seconds_left(MIDNIGHT) == 86_400
    assert seconds_left(MIDNIGHT + 1) == 86_399
    assert seconds_left(MIDNIGHT - 1) == 1


@pytest.mark.parametrize("text", ["", "2026", "2026-09-22", "20261301", "x"])
def test_what_is_no_day_is_refused(text: str) -> None:
    for read in (begins_at, date_of):
        with pytest.raises(ValueError, match=r"time data|unconverted"):
            read(text)
