"""A shelf of its own file, so that workers share the shelves."""

from collections.abc import Iterator

import pytest

from tests.recorded.checking import compare
from tests.recorded.shelves import SEED, SHELVES, Recorder

SHELF = SHELVES["routes"]


@pytest.fixture(scope="module")
def record() -> Iterator[Recorder]:
    print(f"seed {SEED}")
    with SHELF.open() as record:
        yield record


@pytest.mark.parametrize("deed", SHELF.deeds)
def test_what_is_heard_is_what_is_written(deed: str, record: Recorder) -> None:
    compare(SHELF, deed, record)


def test_nothing_else_is_written() -> None:
    assert {SHELF.path(deed) for deed in SHELF.deeds} == set(SHELF.folder.iterdir())
