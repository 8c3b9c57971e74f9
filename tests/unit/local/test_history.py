from pathlib import Path

import pytest

from scripts.local import history, profile
from scripts.local.profile import Profile


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(profile, "ROOT", tmp_path)
    return Profile("local", 4566, 900, 300)


def test_a_new_shop_is_empty(shop: Profile) -> None:
    assert history.read(shop) == history.Past(crashed=False, clean_stop_at=None, items=0)
    assert "empty" in history.read(shop).told()


def test_a_clean_stop_is_gone_on_with(shop: Profile) -> None:
    history.began(shop)
    history.ended(shop, 17)
    past = history.read(shop)
    assert (past.crashed, past.items) == (False, 17)
    assert past.told().startswith("Goes on with")


def test_a_crash_tells_what_is_restored_and_what_is_lost(shop: Profile) -> None:
    history.began(shop)
    history.ended(shop, 17)
    history.began(shop)
    past = history.read(shop)
    assert past.crashed
    assert "17 items" in past.told()
    assert "lost" in past.told()


def test_a_crash_before_the_first_clean_stop_starts_empty(shop: Profile) -> None:
    history.began(shop)
    assert "starts empty" in history.read(shop).told()
