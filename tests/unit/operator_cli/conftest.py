"""A bench of its own for every test."""

from pathlib import Path

import pytest

from tests.unit.operator_cli.stub_shop import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "shop.json")
