"""Compares what was heard with what is written down."""

from difflib import unified_diff
from itertools import islice

import pytest

from tests.recorded.shelves import Recorder, Shelf

_SHOWN = 60


def compare(shelf: Shelf, deed: str, record: Recorder) -> None:
    """Fails with the difference, if there is one."""
    path = shelf.path(deed)
    known = path.read_text("utf-8") if path.exists() else ""
    heard = record(deed).text()
    if heard != known:
        lines = unified_diff(
            known.splitlines(), heard.splitlines(), "written", "heard", lineterm=""
        )
        shown = "\n".join(islice(lines, _SHOWN))
        pytest.fail(
            f"{shelf.name}, {deed}: is this meant? then `make record`\n{shown}", pytrace=False
        )
