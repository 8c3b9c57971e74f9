import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from scripts.local import profile, scratch
from scripts.local.profile import Profile

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(profile, "ROOT", tmp_path)
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(scratch, "MEMORY", memory)
    return Profile("local", 4566, 900, 300)


@pytest.mark.parametrize(
    ("free", "place"), [(scratch.PLENTY_BYTES, "memory"), (scratch.PLENTY_BYTES - 1, "local")]
)
def test_memory_is_used_where_there_is_plenty(
    shop: Profile, monkeypatch: pytest.MonkeyPatch, free: int, place: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(free, 0, free))
    folder = scratch.prepare(shop)
    assert folder.parent.name == place
    assert folder.stat().st_mode & 0o077 == 0


def test_a_machine_without_such_memory_uses_the_disk(shop: Profile) -> None:
    scratch.MEMORY.rmdir()
    assert scratch.prepare(shop).parent == shop.folder


def test_what_a_crash_left_is_removed(shop: Profile) -> None:
    (scratch.prepare(shop) / "left").touch()
    again = scratch.prepare(shop)
    assert list(again.iterdir()) == []
    scratch.remove(shop)
    assert not again.exists()
