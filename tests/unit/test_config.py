"""Settings are refused outside what the shop can keep."""

import pytest

from shop.config import settings
from shop.errors import MisconfiguredError


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TABLE_NAME", "shop")
    settings.cache_clear()
    return monkeypatch


@pytest.mark.parametrize(("seconds", "kept"), [("1", 1), ("7200", 7_200)])
def test_a_flash_window_is_taken(environment: pytest.MonkeyPatch, seconds: str, kept: int) -> None:
    environment.setenv("FLASH_PAY_WINDOW_SECONDS", seconds)
    assert settings().flash_pay_window_seconds == kept
    settings.cache_clear()


@pytest.mark.parametrize("seconds", ["0", "7201", "86400", "-1", "x"])
def test_a_flash_window_that_a_reservation_cannot_keep_is_refused(
    environment: pytest.MonkeyPatch, seconds: str
) -> None:
    environment.setenv("FLASH_PAY_WINDOW_SECONDS", seconds)
    with pytest.raises(MisconfiguredError):
        settings()


def test_an_ordinary_window_may_last_a_day(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PAY_WINDOW_SECONDS", "86400")
    assert settings().pay_window_seconds == 86_400
    settings.cache_clear()
