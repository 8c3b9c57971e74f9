"""Each seeded bug is caught by the quick proof rows that it names."""

import pytest

from tests.proving.hunt import caught
from tests.proving.mutants import SeededBug
from tests.proving.seeded_bugs import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_caught(bug: SeededBug) -> None:
    assert caught(bug), f"{bug.name}: {', '.join(bug.rows)} pass with this bug"
